# Made a small trial (seeded): 12 participants in the order of entry, their scores, their survival. Base R.
# Usage: Rscript make_data.R DATA_FOLDER
folder <- commandArgs(TRUE)[1]
set.seed(20260613)
id <- sprintf("p%02d", 1:12)
blocks <- replicate(3, sample(c("cells", "cells", "control", "control")))
people <- data.frame(id = id, arm = as.vector(blocks), site = ifelse(1:12 %in% c(3, 5, 9, 11, 12), "south", "north"),
                     months = round(rexp(12, 1 / 8), 1), died = rbinom(12, 1, 0.7))
people$months <- pmax(people$months, 4.5)
rate <- rgamma(12, 2.8, 2.6)
scores <- do.call(rbind, lapply(1:12, function(i) {
  month <- c(-3, -2, -1, 0, 1, 2, 3, 4)
  effect <- if (people$arm[i] == "cells") 0.9 * pmax(month, 0) else 0
  data.frame(id = id[i], month = month, value = round(38 + rnorm(1, 0, 4) - rate[i] * month + effect + rnorm(8, 0, 1.2)))
}))
write.csv(people, file.path(folder, "people.csv"), row.names = FALSE, quote = FALSE)
write.csv(scores, file.path(folder, "scores.csv"), row.names = FALSE, quote = FALSE)
