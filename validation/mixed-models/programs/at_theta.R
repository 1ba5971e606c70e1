# lme4's own deviance at two points for model A2 of e02_small: the theta given as arguments, and where lme4's tightened optimiser stops.
# Usage: Rscript at_theta.R DATA_FOLDER THETA1 THETA2 THETA3.  Prints deviance, fixed effects, gradient (numDeriv).
suppressMessages({library(lme4); library(numDeriv)})
args <- commandArgs(TRUE); options(digits = 16)
d <- read.csv(file.path(args[1], "e02_small_long.csv")); d$id <- factor(d$id); d$tx <- d$arm * pmax(d$time, 0)
deviance_at <- lmer(y ~ time + tx + (time | id), d, devFunOnly = TRUE)
show_at <- function(name, theta) {
  value <- deviance_at(theta)
  cat(name, "\n  theta    ", format(theta, digits = 16), "\n  deviance ", format(value, digits = 16),
      "\n  beta     ", format(environment(deviance_at)$pp$beta(1), digits = 16), "\n")
  cat("  gradient ", format(grad(deviance_at, theta), digits = 3), "\n")
}
show_at("given", as.numeric(args[2:4]))
tight <- lmerControl(optimizer = "nloptwrap", calc.derivs = FALSE,
  optCtrl = list(algorithm = "NLOPT_LN_BOBYQA", xtol_abs = 1e-11, ftol_abs = 1e-12, xtol_rel = 0, ftol_rel = 0, maxeval = 20000))
show_at("lme4, tightened", unname(getME(lmer(y ~ time + tx + (time | id), d, control = tight), "theta")))
