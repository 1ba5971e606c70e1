# Log fold change of secretion per participant (lots averaged): t and Wilcoxon tests; its association, and that of the log
# secretion after (lots that were given), with the follow-up slope, the change of slope, and the change at month 6.
# Usage: Rscript potency.R lots.csv visits.csv expected.json   (versions go to expected.session.txt)
suppressMessages(library(jsonlite))
args <- commandArgs(TRUE); lots <- read.csv(args[1]); visits <- read.csv(args[2])
usable <- lots[!is.na(lots$before) & !is.na(lots$after) & lots$before > 0 & lots$after > 0, ]
means <- function(l) aggregate(cbind(log_fold = log(after / before), log_after = log(after)) ~ id + arm, l, mean)
fold <- function(x) {
  t <- t.test(x); w <- wilcox.test(x)
  list(n = length(x), estimate = t$estimate[[1]], standard_error = t$stderr, statistic = t$statistic[[1]],
    df = t$parameter[[1]], p = t$p.value, low = t$conf.int[1], high = t$conf.int[2],
    wilcoxon = list(statistic = w$statistic[[1]], p = w$p.value))
}
slope_of <- function(p, use) if (sum(use) >= 3) coef(lm(score ~ month, p[use, ]))[[2]] else NA
outcome <- do.call(rbind, lapply(split(visits, visits$id), function(p) data.frame(id = p$id[1],
  follow_up = slope_of(p, p$month > 0), lead_in = slope_of(p, p$month <= 0),
  at_6 = if (any(p$month == 6)) p$score[p$month == 6] - p$score[p$month == 0] else NA)))
outcome$change <- outcome$follow_up - outcome$lead_in
together <- function(x, y) {
  use <- !is.na(x) & !is.na(y); x <- x[use]; y <- round(y[use], 9); n <- length(x)
  m <- lm(y ~ x); cf <- summary(m)$coefficients[2, ]; ci <- confint(m)[2, ]; r <- cor.test(x, y)
  exact <- n < 10 && !anyDuplicated(x) && !anyDuplicated(y)
  s <- suppressWarnings(cor.test(x, y, method = "spearman", exact = exact)); rho <- s$estimate[[1]]
  # Bonett and Wright's interval, which cor.test does not give.
  half <- qnorm(0.975) * sqrt((1 + rho^2 / 2) / (n - 3))
  list(n = n, line = list(estimate = cf[[1]], standard_error = cf[[2]], statistic = cf[[3]], df = m$df.residual,
      p = cf[[4]], low = ci[[1]], high = ci[[2]]),
    pearson = list(estimate = r$estimate[[1]], statistic = r$statistic[[1]], p = r$p.value, low = r$conf.int[1],
      high = r$conf.int[2]),
    spearman = list(estimate = rho, p = s$p.value, exact = exact, low = tanh(atanh(rho) - half),
      high = tanh(atanh(rho) + half)))
}
pairs_of <- function(arm) {
  m <- merge(means(usable[usable$arm == arm & usable$given == 1, ]), outcome, by = "id")
  both <- function(y) list(log_fold = together(m$log_fold, y), log_after = together(m$log_after, y))
  list(follow_up = both(m$follow_up), change = both(m$change), at_6 = both(m$at_6))
}
every <- means(usable)
res <- list(fold = list(all = fold(every$log_fold), a = fold(every$log_fold[every$arm == "a"]),
  b = fold(every$log_fold[every$arm == "b"])), association = list(a = pairs_of("a"), b = pairs_of("b")))
write(toJSON(res, auto_unbox = TRUE, digits = I(17), pretty = TRUE), args[3])
writeLines(R.version.string, sub("\\.json$", ".session.txt", args[3]))
