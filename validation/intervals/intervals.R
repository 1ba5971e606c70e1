# Exact and score intervals for proportions, Newcombe's for differences, exact intervals for rates, with base R alone.
# Usage: Rscript intervals.R FOLDER   (writes proportions.csv, differences.csv, rates.csv and the version in session.txt there)
args <- commandArgs(TRUE); folder <- args[1]
options(digits = 17)
write <- function(d, name) write.csv(format(d, digits = 16, trim = TRUE), file.path(folder, name), row.names = FALSE, quote = FALSE)
# The score interval without continuity correction is Wilson's.
wilson <- function(x, n, level) suppressWarnings(prop.test(x, n, conf.level = level, correct = FALSE))$conf.int

cells <- rbind(expand.grid(n = c(1, 2, 7, 8, 15, 64), at = c(0, 0.1, 0.33, 0.5, 0.9, 1), level = c(0.95, 0.9)))
cells$x <- round(cells$n * cells$at); cells <- unique(cells[, c("x", "n", "level")])
cells <- rbind(cells, data.frame(x = c(3, 40, 999, 1, 50000), n = c(1000, 1000, 1000, 100000, 100000), level = 0.95))
exact <- mapply(function(x, n, l) binom.test(x, n, conf.level = l)$conf.int, cells$x, cells$n, cells$level)
score <- mapply(wilson, cells$x, cells$n, cells$level)
write(data.frame(events = cells$x, n = cells$n, level = cells$level, exact_low = exact[1, ], exact_high = exact[2, ],
  wilson_low = score[1, ], wilson_high = score[2, ]), "proportions.csv")

# Newcombe's method 10 from R's two score intervals: the half-lengths joined by their squares. The first eight are
# the examples (a) to (h) of Newcombe (1998), Stat Med 17:873-890, Table II.
pairs <- data.frame(x = c(56, 9, 6, 5, 0, 0, 10, 10, 1, 3, 20, 0), n = c(70, 10, 7, 56, 10, 10, 10, 10, 1, 15, 33, 5),
  y = c(48, 3, 2, 0, 0, 0, 0, 0, 0, 10, 9, 31), m = c(80, 10, 7, 29, 20, 10, 20, 10, 1, 15, 31, 31))
pairs <- rbind(cbind(pairs, level = 0.95), cbind(pairs, level = 0.99))
newcombe <- mapply(function(x, n, y, m, l) {
  a <- wilson(x, n, l); b <- wilson(y, m, l); p <- x / n; q <- y / m
  c(p - q - sqrt((p - a[1])^2 + (b[2] - q)^2), p - q + sqrt((a[2] - p)^2 + (q - b[1])^2))
}, pairs$x, pairs$n, pairs$y, pairs$m, pairs$level)
write(data.frame(events = pairs$x, n = pairs$n, reference_events = pairs$y, reference_n = pairs$m, level = pairs$level,
  low = newcombe[1, ], high = newcombe[2, ]), "differences.csv")

rates <- expand.grid(events = c(0, 1, 2, 5, 17, 100, 2500), exposure = c(0.5, 1, 12.75, 384), level = c(0.95, 0.9))
poisson <- mapply(function(x, t, l) poisson.test(x, t, conf.level = l)$conf.int, rates$events, rates$exposure, rates$level)
write(data.frame(rates, low = poisson[1, ], high = poisson[2, ]), "rates.csv")
writeLines(R.version.string, file.path(folder, "session.txt"))
