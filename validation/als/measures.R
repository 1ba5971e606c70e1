# The disease's own measures with base R, written apart from leadin.
# Usage: Rscript measures.R FOLDER   (writes predictors.csv, medians.csv, survival.csv, slopes.csv, stages.csv, session.txt)
args <- commandArgs(TRUE); folder <- args[1]
put <- function(data, name) write.csv(format(data, digits = 15, trim = TRUE), file.path(folder, name),
  row.names = FALSE, quote = FALSE)
set.seed(20261122)

# ENCALS linear predictor, TRICALS risk profile, delta-FS.
n <- 40
p <- data.frame(score = sample(8:48, n, TRUE), months = round(runif(n, 3, 60), 1), delay = round(runif(n, 1, 40), 1),
  age = round(runif(n, 22, 84), 1), capacity = round(runif(n, 30, 130), 1), bulbar = rbinom(n, 1, 0.3),
  definite = rbinom(n, 1, 0.4), dementia = rbinom(n, 1, 0.2), c9orf72 = rbinom(n, 1, 0.2))
p$delta_fs <- (48 - p$score) / p$months
p$encals <- with(p, -1.837 / sqrt(delta_fs + 0.1) - 2.373 * (sqrt(10 / delay) + log(delay / 10)) -
  0.267 * 1e4 / age^2 + 0.477 * (100 / capacity + sqrt(100 / capacity)) + 0.269 * bulbar + 0.233 * definite +
  0.388 * dementia + 0.256 * c9orf72)
p$tricals <- with(p, -1.839 / sqrt(delta_fs + 0.1) - 2.376 * (sqrt(10 / delay) + log(delay / 10)) -
  0.264 * 1e4 / age^2 + 0.474 * (100 / capacity + sqrt(100 / capacity)) + 0.271 * bulbar + 0.238 * definite +
  0.415 * dementia)
put(p, "predictors.csv")

# ENCALS survival: proportional odds on a restricted cubic spline of log time; medians by root finding.
log_odds <- function(months, lp) {
  x <- log(months); low <- 0.081; high <- 5.917; knots <- c(3.108, 3.638); g <- c(-0.546, 0.585)
  cube <- function(z) ifelse(z > 0, z^3, 0)
  s <- -6.409 + 2.643 * x
  for (j in 1:2) {
    l <- (high - knots[j]) / (high - low)
    s <- s + g[j] * (cube(x - knots[j]) - l * cube(x - low) - (1 - l) * cube(x - high))
  }
  s + lp
}
survival <- expand.grid(lp = c(-8, -6, -5, -4, -3, -2, 0), months = c(0.5, 1, 6, 12, 24, 36, 60, 120, 400, 1000))
survival$alive <- plogis(-log_odds(survival$months, survival$lp))
put(survival, "survival.csv")
medians <- expand.grid(lp = c(-9, -7.5, -6, -5, -4, -3, -2, -0.5), share = c(0.25, 0.5, 0.75))
medians$months <- mapply(function(lp, share) uniroot(function(x) log_odds(exp(x), lp) - qlogis(1 - share),
  c(-10, 12), tol = 1e-14)$root, medians$lp, medians$share)
medians$months <- exp(medians$months)
put(medians, "medians.csv")

# Least-squares slopes by lm, with visits missing.
slopes <- do.call(rbind, lapply(1:12, function(i) {
  month <- sort(round(runif(8, -3, 12), 2)); score <- pmin(48, pmax(0, round(40 - month * runif(1, 0, 2) + rnorm(8, 0, 2))))
  score[sample(8, sample(0:5, 1))] <- NA
  data.frame(patient = i, month, score, slope = unname(coef(lm(score ~ month))[2]))
}))
put(slopes, "slopes.csv")

# Stages, rule by rule, as sentences of R.
m <- 400
items <- t(sapply(1:m, function(i) pmin(4, pmax(0, round(runif(1, 0, 4.5) + rnorm(12, 0, 1.2))))))
breathes <- runif(m) < 0.7; items[breathes, c(10, 12)] <- 4
spared <- runif(m) < 0.4; items[spared, sample(1:9, 5)] <- 4
gastrostomy <- rbinom(m, 1, 0.1); ventilation <- rbinom(m, 1, 0.1)
kings <- sapply(1:m, function(i) {
  x <- items[i, ]
  if (x[10] == 0 || x[12] < 4 || ventilation[i] == 1) return("4B")
  if (gastrostomy[i] == 1) return("4A")
  as.character((min(x[1:3]) < 4) + (min(x[4:5]) < 4) + (x[8] < 4))
})
mitos <- sapply(1:m, function(i) {
  x <- items[i, ]
  (x[8] <= 1 || x[6] <= 1) + (x[3] <= 1) + (x[1] <= 1 && x[4] <= 1) + (x[10] <= 1 || x[12] <= 2)
})
colnames(items) <- sprintf("item%02d", 1:12)
put(data.frame(items, gastrostomy, ventilation, kings, mitos), "stages.csv")
writeLines(R.version.string, file.path(folder, "session.txt"))
