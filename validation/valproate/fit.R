# The valproic-acid trial with lme4 + lmerTest (optimiser tightened) and survival.
# Usage: Rscript fit.R FOLDER_WITH_THE_TWO_CSV_FILES OUTPUT.json   (versions go to OUTPUT.session.txt)
suppressMessages({library(lme4); library(lmerTest); library(survival); library(jsonlite)})
args <- commandArgs(TRUE); folder <- args[1]; out <- args[2]
d <- read.csv(file.path(folder, "vpa_alsfrs.csv")); d$id <- factor(d$id)
s <- read.csv(file.path(folder, "vpa_survival.csv"))
ctl <- lmerControl(optimizer = "nloptwrap", calc.derivs = TRUE, check.conv.singular = .makeCC("ignore", tol = 1e-4),
  optCtrl = list(algorithm = "NLOPT_LN_BOBYQA", xtol_abs = 1e-12, ftol_abs = 1e-13, xtol_rel = 0, ftol_rel = 0, maxeval = 200000))
m <- lmer(total ~ avisit + avisit:trt + (avisit | id), d, REML = TRUE, control = ctl)
cf <- coef(summary(m, ddf = "Satterthwaite"))["avisit:trt", ]
ci <- as.numeric(cf[1]) + c(-1, 1) * qt(0.975, cf[[3]]) * cf[[2]]
v <- as.data.frame(VarCorr(m))
lr <- survdiff(Surv(stime, status) ~ trt, s)
cx <- coxph(Surv(stime, status) ~ trt, s, ties = "efron", control = coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 100))
cs <- summary(cx)$coefficients
res <- list(
  random_slope = list(estimate = cf[[1]], standard_error = cf[[2]], df = cf[[3]], statistic = cf[[4]], p = cf[[5]],
    ci_low = ci[1], ci_high = ci[2], beta = as.numeric(fixef(m)), reml_ll = as.numeric(logLik(m)),
    theta = as.numeric(getME(m, "theta")), sigma = sigma(m), singular = isSingular(m, tol = 1e-4),
    vcov = setNames(v$vcov, trimws(paste(v$grp, v$var1, ifelse(is.na(v$var2), "", v$var2)))),
    participants = nlevels(d$id), visits = nrow(d)),
  log_rank = list(chi_square = lr$chisq, p = pchisq(lr$chisq, 1, lower.tail = FALSE)),
  cox = list(log_hazard_ratio = cs[1, "coef"], standard_error = cs[1, "se(coef)"], z = cs[1, "z"], p = cs[1, "Pr(>|z|)"],
    participants = cx$n, events = cx$nevent))
write(toJSON(res, auto_unbox = TRUE, digits = I(17), pretty = TRUE), out)
writeLines(capture.output(print(sessionInfo())), sub("\\.json$", ".session.txt", out))
