# Adjusted p values by p.adjust (Holm, Hochberg), by the closed test over all intersections (fixed sequence, graph).
# Base R and jsonlite; written apart from leadin, and by another road: no step of the sequentially rejective procedure.
# Usage: Rscript multiplicity.R DATA_FOLDER OUTPUT.json   (versions go to OUTPUT.session.txt)
suppressMessages(library(jsonlite))
args <- commandArgs(TRUE); folder <- args[1]; out <- args[2]

# Weights of the hypotheses in `inside` after all others have been taken out of the graph, one by one.
weights_of <- function(w, g, inside) {
  for (i in setdiff(seq_along(w), inside)) {
    new_w <- w; new_g <- g
    for (l in seq_along(w)) if (l != i) {
      new_w[l] <- w[l] + w[i] * g[i, l]
      for (k in seq_along(w)) if (k != i && k != l) {
        round <- g[l, i] * g[i, l]
        new_g[l, k] <- if (round < 1) (g[l, k] + g[l, i] * g[i, k]) / (1 - round) else 0
      }
    }
    new_w[i] <- 0; new_g[i, ] <- 0; new_g[, i] <- 0
    w <- new_w; g <- new_g
  }
  w
}
closed <- function(p, weights) {
  m <- length(p); adjusted <- numeric(m)
  for (code in 1:(2^m - 1)) {
    inside <- which(bitwAnd(code, 2^(0:(m - 1))) > 0)
    w <- weights(inside)
    ratio <- ifelse(w[inside] > 0, p[inside] / w[inside], Inf)
    adjusted[inside] <- pmax(adjusted[inside], min(1, ratio))
  }
  adjusted
}
one <- function(file) {
  d <- read.csv(file); p <- d$p; g <- unname(as.matrix(d[, -(1:3), drop = FALSE]))
  first_alone <- function(inside) { w <- numeric(length(p)); w[min(inside)] <- 1; w }
  list(holm = I(p.adjust(p, "holm")), hochberg = I(p.adjust(p, "hochberg")),
       fixed_sequence = I(closed(p, first_alone)),
       graphical = I(closed(p, function(inside) weights_of(d$weight, g, inside))))
}
files <- sort(list.files(folder, "\\.csv$", full.names = TRUE))
expected <- lapply(files, one); names(expected) <- sub("\\.csv$", "", basename(files))
write(toJSON(expected, digits = NA, pretty = TRUE, auto_unbox = TRUE), out)
writeLines(c(R.version.string, paste("jsonlite", packageVersion("jsonlite"))), sub("\\.json$", ".session.txt", out))
