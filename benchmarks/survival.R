# Milliseconds of processor of coxph and survdiff, the mean over the data sets, as JSON on the last line. Arguments: the
# data sets.
suppressMessages(library(survival))
data <- lapply(commandArgs(TRUE), read.csv)
timed <- function(fit) {
  fit(data[[1]])
  taken <- system.time(for (again in 1:20) for (d in data) fit(d))
  1000 * sum(taken[1:2]) / 20 / length(data)
}
cox <- timed(function(d) coxph(Surv(time, event) ~ arm, d))
test <- timed(function(d) survdiff(Surv(time, event) ~ arm, d))
cat(sprintf('{"R survival coxph()": %f, "R survival survdiff()": %f}\n', cox, test))
