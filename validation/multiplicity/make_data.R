# Made the families of hypotheses (seeded): p values, weights and transitions. Base R.
# Usage: Rscript make_data.R DATA_FOLDER
folder <- commandArgs(TRUE)[1]
set.seed(20260611)
save <- function(name, p, w, g) {
  table <- data.frame(hypothesis = seq_along(p), p = signif(p, 6), weight = w)
  for (j in seq_along(p)) table[[paste0("to_", j)]] <- g[, j]
  write.csv(table, file.path(folder, paste0(name, ".csv")), row.names = FALSE)
}
graph <- function(m, lost = 0) {
  g <- matrix(rexp(m * m) * rbinom(m * m, 1, 0.7), m, m); diag(g) <- 0
  total <- rowSums(g)
  g <- g / ifelse(total > 0, total, 1) * (1 - lost)
  floor(g * 1e4) / 1e4
}
# Two primaries that pass to a secondary each, which pass to the other primary; half and half; a chain; to and fro.
save("m01_two_primary_two_secondary", c(0.021, 0.012, 0.034, 0.2), c(0.5, 0.5, 0, 0),
     rbind(c(0, 0.5, 0.5, 0), c(0.5, 0, 0, 0.5), c(0, 1, 0, 0), c(1, 0, 0, 0)))
save("m02_chain", c(0.04, 0.049, 0.3, 0.0001), c(1, 0, 0, 0),
     rbind(c(0, 1, 0, 0), c(0, 0, 1, 0), c(0, 0, 0, 1), c(0, 0, 0, 0)))
save("m03_to_and_fro", c(0.03, 0.02), c(0.5, 0.5), rbind(c(0, 1), c(1, 0)))
save("m04_one", 0.05, 1, matrix(0))
save("m05_ties", c(0.01, 0.01, 0.025, 0.025, 0.05), rep(0.2, 5), (matrix(1, 5, 5) - diag(5)) / 4)
save("m06_edges_of_p", c(0, 1, 1, 0.05), c(0.25, 0.25, 0.25, 0.25), (matrix(1, 4, 4) - diag(4)) / 3 - 1e-7 * (1 - diag(4)))
save("m07_nothing_passed", c(0.01, 0.02, 0.03), c(0.6, 0.3, 0.1), matrix(0, 3, 3))
for (k in 8:27) {
  m <- sample(2:6, 1)
  w <- rexp(m) * rbinom(m, 1, 0.8); if (sum(w) == 0) w <- rep(1, m)
  w <- floor(w / sum(w) * sample(c(1, 0.8), 1) * 1e4) / 1e4
  save(sprintf("m%02d_random", k), rbeta(m, 0.35, 3), w, graph(m, sample(c(0, 0.3), 1)))
}
