# Median milliseconds a fit of the random_slope model, as JSON on the last line. Arguments: the data sets.
suppressMessages({library(lme4); library(lmerTest)})
files <- commandArgs(TRUE)
timed <- function(fit) {
  taken <- sapply(files, function(f) {
    d <- subset(read.csv(f), time >= 0)
    began <- Sys.time(); suppressWarnings(suppressMessages(fit(d))); 1000 * as.numeric(Sys.time() - began, units = "secs")
  })
  median(taken)
}
model <- y ~ time + time:arm + (time | id)
plain <- timed(function(d) lme4::lmer(model, d))
with_df <- timed(function(d) coef(summary(lmerTest::lmer(model, d))))
cat(sprintf('{"lme4 lmer()": %f, "lmerTest with Satterthwaite df": %f}\n', plain, with_df))
