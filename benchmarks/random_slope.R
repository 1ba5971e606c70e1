# Milliseconds of processor a fit, the mean over the data sets, of a mixed model by several programs, as JSON on the last line.
# Arguments: random_slope or broken_stick; the data sets.
suppressMessages({library(lme4); library(lmerTest); library(nlme)})
arguments <- commandArgs(TRUE)
broken <- arguments[1] == "broken_stick"
data <- lapply(arguments[-1], function(f) {
  d <- read.csv(f)
  if (broken) transform(d, pos = pmax(time, 0)) else d[d$time >= 0, ]
})
model <- if (broken) y ~ time + pos + arm:pos + (time + pos | id) else y ~ time + time:arm + (time | id)
quietly <- function(run) suppressWarnings(suppressMessages(run))
timed <- function(sets, fit) {
  quietly(fit(sets[[1]]))
  taken <- system.time(for (d in sets) quietly(fit(d)))
  1000 * sum(taken[1:2]) / length(sets)
}
found <- list()
# From the fit of other values at the same visits to that of these values: what refit() is for.
fits <- lapply(data, function(d) {
  fit <- quietly(lme4::lmer(model, d))
  list(fit = quietly(refit(fit, simulate(fit, seed = 1)[[1]])), y = d$y)
})
found[["lme4 refit() (no df)"]] <- timed(fits, function(one) refit(one$fit, one$y))
found[["lme4 lmer() (no df)"]] <- timed(data, function(d) lme4::lmer(model, d))
found[["lmerTest with Satterthwaite df"]] <- timed(data, function(d) coef(summary(lmerTest::lmer(model, d))))
if (!broken) {
  found[["nlme lme() (no such df)"]] <- timed(data, function(d)
    tryCatch(lme(y ~ time + time:arm, random = ~ time | id, data = d), error = function(e) NULL))
}
cat(sprintf("{%s}\n", paste(sprintf('"%s": %f', names(found), unlist(found)), collapse = ", ")))
