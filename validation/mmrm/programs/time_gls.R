# CPU seconds of nlme's gls, unstructured, default settings, on one trial of 7 visits and 200 participants (w1_01, B7).
# Rscript time_gls.R ../../mixed-models/data
suppressMessages(library(nlme))
d0 <- read.csv(file.path(commandArgs(TRUE)[1], "w1_01_long.csv"))
b <- d0[d0$time == -1, c("id", "y")]; names(b)[2] <- "base"
d <- merge(d0[d0$time > -1, ], b, by = "id"); d <- d[order(d$id, d$time), ]
d$base <- d$base - 36; d$visit <- factor(d$time); d$order <- as.integer(d$visit)
t <- system.time(gls(y ~ 0 + visit + visit:arm + visit:base, data = d, correlation = corSymm(form = ~ order | id),
                     weights = varIdent(form = ~ 1 | visit), method = "REML"))
cat(sprintf("gls unstructured, 7 visits, 200 participants: %.1f s of CPU\n", t[["user.self"]]))
