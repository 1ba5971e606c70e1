# Milliseconds of processor of nlme's gls, unstructured, at default settings, as JSON on the last line. Argument: the data set.
suppressMessages(library(nlme))
d0 <- read.csv(commandArgs(TRUE)[1])
b <- d0[d0$time == -1, c("id", "y")]; names(b)[2] <- "base"
d <- merge(d0[d0$time > -1, ], b, by = "id"); d <- d[order(d$id, d$time), ]
d$base <- d$base - 36; d$visit <- factor(d$time); d$order <- as.integer(d$visit)
taken <- system.time(gls(y ~ 0 + visit + visit:arm + visit:base, data = d, correlation = corSymm(form = ~ order | id),
           weights = varIdent(form = ~ 1 | visit), method = "REML"))
cat(sprintf('{"nlme gls() (no df)": %f}\n', 1000 * sum(taken[1:2])))
