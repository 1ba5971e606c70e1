# mice: multiple imputation of the small trial by Bayesian linear regression, ANCOVA of each table, pooled.
# Rscript programs/pooling.R data/small.csv data/mice_tables.csv pooled.json      (mice 3, jsonlite)
library(mice); library(jsonlite)
args <- commandArgs(TRUE)
d <- read.csv(args[1])
d$treated <- as.numeric(d$arm == "cells")
keep <- d[, c("treated", "m0", "m2", "m4", "m6", "m8")]
imp <- mice(keep, m = 20, method = "norm", maxit = 20, seed = 20260701, printFlag = FALSE)
long <- complete(imp, "long")
long$id <- d$id[as.integer(long$.id)]
write.csv(format(long[, c(".imp", "id", "treated", "m0", "m8")], digits = 15, trim = TRUE), args[2],
          row.names = FALSE, quote = FALSE)
out <- list()
for (m in c(5, 20)) {
  fits <- lapply(1:m, function(i) { x <- complete(imp, i); lm(I(m8 - m0) ~ treated + m0, data = x) })
  q <- sapply(fits, function(f) coef(f)["treated"]); u <- sapply(fits, function(f) vcov(f)["treated", "treated"])
  row <- summary(pool(as.mira(fits)), conf.int = TRUE)
  row <- row[row$term == "treated", ]
  out[[length(out) + 1]] <- list(m = m, estimates = unname(q), variances = unname(u), complete_df = fits[[1]]$df.residual,
    estimate = row$estimate, standard_error = row$std.error, df = row$df, statistic = row$statistic, p = row$p.value,
    low = row[["2.5 %"]], high = row[["97.5 %"]])
}
write(toJSON(out, auto_unbox = TRUE, digits = NA, pretty = TRUE), args[3])
