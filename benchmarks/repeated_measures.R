# Milliseconds of processor of unstructured models for repeated measures, at default settings, as JSON on the last line: mmrm
# where it is installed, nlme's gls. Argument: the data set.
suppressMessages(library(nlme))
d0 <- read.csv(commandArgs(TRUE)[1])
b <- d0[d0$time == -1, c("id", "y")]; names(b)[2] <- "base"
d <- merge(d0[d0$time > -1, ], b, by = "id"); d <- d[order(d$id, d$time), ]
d$base <- d$base - 36; d$visit <- factor(d$time); d$order <- as.integer(d$visit); d$id <- factor(d$id)
found <- list()
if (requireNamespace("mmrm", quietly = TRUE)) {
  fit <- function() {
    model <- mmrm::mmrm(y ~ 0 + visit + visit:arm + visit:base + us(visit | id), data = d, method = "Satterthwaite")
    coef(summary(model))
  }
  fit()
  found[["mmrm, Satterthwaite"]] <- sum(system.time(for (again in 1:3) fit())[1:2]) / 3
}
found[["nlme gls() (no df)"]] <- sum(system.time(gls(y ~ 0 + visit + visit:arm + visit:base, data = d,
  correlation = corSymm(form = ~ order | id), weights = varIdent(form = ~ 1 | visit), method = "REML"))[1:2])
cat(sprintf("{%s}\n", paste(sprintf('"%s": %f', names(found), 1000 * unlist(found)), collapse = ", ")))
