# Visits of made-up participants: whole scores at months of their own, some visits and some participants incomplete.
# Usage: Rscript make_data.R DATA_FOLDER
args <- commandArgs(TRUE); folder <- args[1]
set.seed(20260102)
make <- function(name, n, months, jitter, missing, step) {
  rows <- do.call(rbind, lapply(seq_len(n), function(i) {
    rate <- rgamma(1, 3, 3); t <- months + if (jitter) round(runif(length(months), -5, 5)) / 30.4375 else 0
    # A visit at or before time zero stays there.
    t[months <= 0] <- pmin(t[months <= 0], 0)
    score <- 38 + rnorm(1, 0, 4) - rate * t + rnorm(length(t), 0, 1.6)
    score <- pmin(48, pmax(0, round(score / step) * step))
    keep <- runif(length(t)) > missing
    data.frame(id = sprintf("P%03d", i), arm = c("cells", "control")[1 + i %% 2], month = t, value = score)[keep, ]
  }))
  rows$day <- rows$month * 30.4375
  write.csv(format(rows[, c("id", "arm", "day", "value")], digits = 16, trim = TRUE), file.path(folder, paste0(name, ".csv")),
    row.names = FALSE, quote = FALSE)
}
make("s01_small", 24, c(-3, -2, -1, 0, 1, 2, 3, 4, 6), TRUE, 0.1, 1)
make("s02_large", 130, c(-3, -2, -1, 0, 1, 2, 3, 4, 5, 6), TRUE, 0.05, 1)
make("s03_ties_and_zeros", 40, c(-2, -1, 0, 1, 2, 3), FALSE, 0, 2)
make("s04_few_visits", 12, c(-3, -1.5, 0, 2, 4, 6), FALSE, 0.25, 1)
