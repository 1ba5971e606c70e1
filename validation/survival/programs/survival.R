# Cox (Efron ties, tightened), log-rank and Kaplan-Meier (log-log interval) of every data set, with R's survival.
# Usage: Rscript survival.R DATA_FOLDER OUTPUT.json   (versions go to OUTPUT.session.txt)
suppressMessages({library(survival); library(jsonlite)})
args <- commandArgs(TRUE); folder <- args[1]; out <- args[2]
tight <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 100)
months <- c(0, 3, 6, 12)
pair <- function(d, a) {
  s <- d[d$arm %in% c(0, a), ]; s$treated <- as.numeric(s$arm == a)
  lr <- survdiff(Surv(time, event) ~ treated, s)
  said <- NULL
  cx <- withCallingHandlers(coxph(Surv(time, event) ~ treated, s, ties = "efron", control = tight),
    warning = function(w) { said <<- conditionMessage(w); invokeRestart("muffleWarning") })
  cf <- summary(cx)$coefficients[1, ]
  list(arm = a, n = nrow(s), deaths = sum(s$event),
    log_rank = list(chi_square = lr$chisq, p = pchisq(lr$chisq, 1, lower.tail = FALSE)),
    cox = list(estimate = cf[["coef"]], standard_error = cf[["se(coef)"]], z = cf[["z"]], p = cf[["Pr(>|z|)"]],
      warning = said))
}
curve <- function(d, a) {
  f <- survfit(Surv(time, event) ~ 1, d[d$arm == a, ], conf.type = "log-log")
  at <- summary(f, times = months, extend = TRUE)
  list(arm = a, n = f$n, last = max(d$time[d$arm == a]), months = months, survival = at$surv,
    standard_error = at$std.err, low = at$lower, high = at$upper, at_risk = at$n.risk,
    steps = list(months = I(f$time), survival = I(f$surv), low = I(f$lower), high = I(f$upper), at_risk = I(f$n.risk),
      deaths = I(f$n.event), censored = I(f$n.censor)))
}
one <- function(file) {
  d <- read.csv(file); arms <- sort(unique(d$arm))
  all <- survdiff(Surv(time, event) ~ arm, d)
  list(dataset = sub("_surv.csv", "", basename(file)),
    log_rank = list(chi_square = all$chisq, df = length(all$n) - 1,
      p = pchisq(all$chisq, length(all$n) - 1, lower.tail = FALSE)),
    pairs = lapply(arms[arms != 0], function(a) pair(d, a)), curves = lapply(arms, function(a) curve(d, a)))
}
files <- sort(list.files(folder, pattern = "_surv.csv$", full.names = TRUE))
write(toJSON(lapply(files, one), auto_unbox = TRUE, digits = I(17), na = "null", null = "null", pretty = TRUE), out)
writeLines(c(R.version.string, paste("survival", packageVersion("survival"))), sub("\\.json$", ".session.txt", out))
