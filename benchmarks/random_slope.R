# Milliseconds of processor a fit, the mean, of the random_slope model, as JSON on the last line. Arguments: the data sets.
suppressMessages({library(lme4); library(lmerTest)})
files <- commandArgs(TRUE)
timed <- function(fit) {
  data <- lapply(files, function(f) subset(read.csv(f), time >= 0))
  suppressWarnings(suppressMessages(fit(data[[1]])))
  taken <- system.time(for (d in data) suppressWarnings(suppressMessages(fit(d))))
  1000 * sum(taken[1:2]) / length(data)
}
model <- y ~ time + time:arm + (time | id)
plain <- timed(function(d) lme4::lmer(model, d))
with_df <- timed(function(d) coef(summary(lmerTest::lmer(model, d))))
cat(sprintf('{"lme4 lmer()": %f, "lmerTest with Satterthwaite df": %f}\n', plain, with_df))
