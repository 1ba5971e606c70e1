# Milliseconds of processor of coxph and survdiff, and of curves, test and fit together, the mean over the data sets, as JSON
# on the last line. Arguments: the data sets.
suppressMessages(library(survival))
data <- lapply(commandArgs(TRUE), read.csv)
timed <- function(fit) {
  fit(data[[1]])
  taken <- system.time(for (again in 1:20) for (d in data) fit(d))
  1000 * sum(taken[1:2]) / 20 / length(data)
}
cox <- function(d) coxph(Surv(time, event) ~ arm, d)
test <- function(d) survdiff(Surv(time, event) ~ arm, d)
all <- function(d) {
  summary(survfit(Surv(time, event) ~ arm, d), times = 6, extend = TRUE)
  test(d)
  cox(d)
}
cat(sprintf('{"R survival coxph()": %f, "R survival survdiff()": %f, "R survival survfit(), survdiff(), coxph()": %f}\n',
            timed(cox), timed(test), timed(all)))
