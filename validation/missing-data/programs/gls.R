# The likelihood answer under missing at random: nlme::gls, unstructured covariance, REML, baseline by visit.
# Rscript programs/gls.R data/large.csv gls.json      (nlme, jsonlite)
library(nlme); library(jsonlite)
args <- commandArgs(TRUE)
out <- list()
for (name in strsplit(args[1], ",")[[1]]) {
  d <- read.csv(name)
  d$treated <- as.numeric(d$arm == "cells")
  visits <- c("m2", "m4", "m6", "m8")
  long <- reshape(d, direction = "long", varying = visits, v.names = "score", timevar = "visit", times = 1:4, idvar = "id")
  long <- long[!is.na(long$score), ]
  long <- long[order(long$id, long$visit), ]
  long$change <- long$score - long$m0
  long$base <- long$m0 - mean(d$m0)
  long$v <- factor(long$visit)
  fit <- gls(change ~ 0 + v + v:treated + v:base, data = long, correlation = corSymm(form = ~ visit | id),
             weights = varIdent(form = ~ 1 | v), method = "REML",
             control = glsControl(maxIter = 500, msMaxIter = 500, tolerance = 1e-10, msTol = 1e-12))
  row <- summary(fit)$tTable["v4:treated", ]
  out[[length(out) + 1]] <- list(dataset = sub(".csv$", "", basename(name)), estimate = unname(row[1]), standard_error = unname(row[2]))
}
write(toJSON(out, auto_unbox = TRUE, digits = NA, pretty = TRUE), args[2])
