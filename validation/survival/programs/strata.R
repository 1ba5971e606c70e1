# Stratified log-rank, Cox with covariates and strata (Efron ties, tightened), all cause-specific too; cumulative
# incidence by cause; months lost. With R's survival, and where it gives no standard error by a formula written apart.
# Usage: Rscript strata.R DATA_FOLDER OUTPUT.json   (versions go to OUTPUT.session.txt)
suppressMessages({library(survival); library(jsonlite)})
args <- commandArgs(TRUE); folder <- args[1]; out <- args[2]
tight <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 100)
months <- c(3, 6, 12, 18)
test <- function(f, d) {
  lr <- survdiff(f, d); df <- length(unique(d$arm)) - 1
  list(chi_square = lr$chisq, df = df, p = pchisq(lr$chisq, df, lower.tail = FALSE))
}
hazard <- function(f, d) {
  said <- NULL
  m <- withCallingHandlers(coxph(f, d, ties = "efron", control = tight), warning = function(w) {
    said <<- conditionMessage(w); invokeRestart("muffleWarning") })
  cf <- summary(m)$coefficients["treated", ]
  list(n = m$n, estimate = cf[["coef"]], standard_error = cf[["se(coef)"]], z = cf[["z"]], p = cf[["Pr(>|z|)"]],
    log_likelihood = m$loglik[2], warning = said)
}
models <- function(d, a, counted) {
  s <- d[d$arm %in% c(0, a), ]; s$event <- s$cause %in% counted; s$treated <- as.numeric(s$arm == a)
  list(arm = a, counted = I(counted),
    log_rank = test(Surv(time, event) ~ arm, s),
    stratified = test(Surv(time, event) ~ arm + strata(site), s),
    by_two = test(Surv(time, event) ~ arm + strata(site, onset), s),
    cox = hazard(Surv(time, event) ~ treated, s),
    covariates = hazard(Surv(time, event) ~ treated + age + rate + onset, s),
    site = hazard(Surv(time, event) ~ treated + site, s),
    strata = hazard(Surv(time, event) ~ treated + strata(site), s),
    both = hazard(Surv(time, event) ~ treated + age + rate + strata(site), s))
}
# Months lost to a cause and their standard error by the infinitesimal jackknife, from the influence of each
# participant on each state's probability; and the area itself.
lost <- function(f, state, tau) {
  t <- c(0, f$time); keep <- t < tau - 1e-9; wide <- diff(c(t[keep], tau))
  k <- match(state, f$states)
  p <- c(f$p0[k], f$pstate[, k])[keep]
  # influence.pstate: participant, time, state; its first time is that of p0.
  i <- f$influence.pstate[, , k][, keep, drop = FALSE]
  list(months = sum(p * wide), standard_error = sqrt(sum((i %*% wide)^2)))
}
# The same by Greenwood's terms, written out: product-limit by hand.
lost_by_terms <- function(d, k, tau) {
  at <- sort(unique(d$time)); at <- at[at < tau - 1e-9]; S <- 1; F <- 0; v <- 0; rows <- NULL
  for (x in at) {
    y <- sum(d$time >= x); own <- sum(d$time == x & d$cause %in% k) / y; any <- sum(d$time == x & d$cause > 0) / y
    F <- F + S * own; rows <- rbind(rows, c(x, y, own, any, S, F)); S <- S * (1 - any)
  }
  ends <- c(at[-1], tau); area <- rows[, 6] * (ends - at)
  for (i in seq_along(at)) {
    above <- sum(area[i:length(at)]) - rows[i, 6] * (tau - at[i]); own <- rows[i, 3]; any <- rows[i, 4]
    a <- rows[i, 5] * (tau - at[i]) - ifelse(any == 1, 0, above / (1 - any)); b <- -ifelse(any == 1, 0, above / (1 - any))
    v <- v + (own * a^2 + (any - own) * b^2 - (own * a + (any - own) * b)^2) / rows[i, 2]
  }
  list(months = sum(area), standard_error = sqrt(v))
}
incidence <- function(d, a) {
  s <- d[d$arm == a, ]; words <- c("censored", "death", "tracheostomy", "permanent_ventilation")
  s$kind <- factor(words[s$cause + 1], words)
  f <- survfit(Surv(time, kind) ~ 1, s, conf.type = "log-log", id = id, influence = TRUE)
  at <- summary(f, times = months, extend = TRUE)
  tau <- min(tapply(d$time, d$arm, max))
  list(arm = a, last = max(s$time), months = months, tau = tau, causes = lapply(words[-1], function(w) {
    k <- match(w, f$states); i <- match(w, at$states)
    list(cause = w, events = sum(s$kind == w), incidence = at$pstate[, i], standard_error = at$std.err[, i],
      low = at$lower[, i], high = at$upper[, i], lost = lost(f, w, tau),
      lost_by_terms = lost_by_terms(s, match(w, words) - 1, tau))
  }))
}
one <- function(file) {
  d <- read.csv(file); arms <- sort(unique(d$arm)); d$event <- d$cause > 0
  list(dataset = sub("_strata.csv", "", basename(file)),
    all_arms = list(log_rank = test(Surv(time, event) ~ arm, d), stratified = test(Surv(time, event) ~ arm + strata(site), d)),
    pairs = unlist(lapply(arms[arms != 0], function(a) list(models(d, a, c(1, 2, 3)), models(d, a, 1))), recursive = FALSE),
    incidence = lapply(arms, function(a) incidence(d, a)))
}
files <- sort(list.files(folder, pattern = "_strata.csv$", full.names = TRUE))
write(toJSON(lapply(files, one), auto_unbox = TRUE, digits = I(17), na = "null", null = "null", pretty = TRUE), out)
writeLines(c(R.version.string, paste("survival", packageVersion("survival"))), sub("\\.json$", ".session.txt", out))
