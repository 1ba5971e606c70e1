# The valproic-acid trial: restricted means, the log-rank test within strata of the first total (40 or more, or less),
# Cox's model with that total as a covariate and within those strata.
# Usage: Rscript survival.R FOLDER_WITH_THE_CSV_FILES OUTPUT.json   (versions go to OUTPUT.session.txt)
suppressMessages({library(survival); library(jsonlite)})
args <- commandArgs(TRUE); folder <- args[1]; out <- args[2]
s <- read.csv(file.path(folder, "vpa_survival.csv")); s$high <- s$total >= 40
tight <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 100)
hazard <- function(f) {
  m <- coxph(f, s, ties = "efron", control = tight); cf <- summary(m)$coefficients["trt", ]
  list(n = m$n, estimate = cf[["coef"]], standard_error = cf[["se(coef)"]], p = cf[["Pr(>|z|)"]])
}
means <- function(tau) {
  arms <- lapply(0:1, function(a) {
    t <- summary(survfit(Surv(stime, status) ~ 1, s[s$trt == a, ]), rmean = tau)$table
    list(months = t[["rmean"]], standard_error = t[["se(rmean)"]])
  })
  se <- sqrt(arms[[1]]$standard_error^2 + arms[[2]]$standard_error^2); x <- arms[[2]]$months - arms[[1]]$months
  list(month = tau, arms = arms, difference = x, standard_error = se, p = 2 * pnorm(-abs(x / se)))
}
lr <- survdiff(Surv(stime, status) ~ trt + strata(high), s)
res <- list(participants = nrow(s), strata = I(as.numeric(table(s$high))),
  restricted_mean = list(means(12), means(min(tapply(s$stime, s$trt, max)))),
  log_rank = list(chi_square = lr$chisq, p = pchisq(lr$chisq, 1, lower.tail = FALSE)),
  cox_covariate = hazard(Surv(stime, status) ~ trt + total), cox_strata = hazard(Surv(stime, status) ~ trt + strata(high)))
write(toJSON(res, auto_unbox = TRUE, digits = I(17), pretty = TRUE), out)
writeLines(c(R.version.string, paste("survival", packageVersion("survival"))), sub("\\.json$", ".session.txt", out))
