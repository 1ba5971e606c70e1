# Per participant slopes before and after time zero by lm(); t, Wilcoxon and Welch tests of their change; responders by
# rule with exact intervals and Fisher's test. Base R and jsonlite.
# Usage: Rscript slope_change.R DATA_FOLDER OUTPUT.json   (versions go to OUTPUT.session.txt)
suppressMessages(library(jsonlite))
args <- commandArgs(TRUE); folder <- args[1]; out <- args[2]
slope <- function(d) if (length(unique(d$month)) < 2) NA else unname(coef(lm(value ~ month, d))[2])
slopes <- function(d, shared) do.call(rbind, lapply(split(d, d$id), function(one) {
  before <- one[one$month <= 0, ]; after <- one[one$month > 0, ]
  if (shared && nrow(before)) after <- rbind(before[which.max(before$month), ], after)
  data.frame(id = one$id[1], arm = one$arm[1], lead_in = slope(before), follow_up = slope(after),
    n_lead_in = nrow(before), n_follow_up = nrow(after), evaluable = nrow(before) >= 3 & nrow(after) >= 3)
}))
told <- function(t) list(estimate = unname(if (length(t$estimate) == 2) t$estimate[1] - t$estimate[2] else t$estimate),
  standard_error = t$stderr, t = unname(t$statistic), df = unname(t$parameter), low = t$conf.int[1], high = t$conf.int[2],
  p = t$p.value)
rules <- list(list(">= 25 % slower", 25, NA), list(">= 50 % slower", 50, NA), list(">= 75 % slower", 75, NA),
  list(">= 100 % slower", 100, NA), list(">= 1.25 points/month slower", NA, 1.25), list(">= 1.5 points/month slower", NA, 1.5))
one <- function(file, shared) {
  d <- read.csv(file); d$month <- d$day / 30.4375
  s <- slopes(d, shared); able <- s[s$evaluable, ]
  able$change <- able$follow_up - able$lead_in
  within <- lapply(c("cells", "control"), function(a) {
    x <- able$change[able$arm == a]
    # Equal changes must tie and a change of nothing must be zero whatever the rounding: nine decimals.
    w <- suppressWarnings(wilcox.test(round(x, 9)))
    list(arm = a, n = length(x), not_evaluable = sum(s$arm == a) - length(x), t = told(t.test(x)),
      wilcoxon = list(v = unname(w$statistic), p = w$p.value, method = w$method))
  })
  judged <- lapply(rules, function(r) {
    least <- if (is.na(r[[3]])) able$lead_in * (1 - r[[2]] / 100) else able$lead_in + r[[3]]
    able$yes <- able$lead_in < -1e-9 & able$follow_up >= least - 1e-9
    k <- table(factor(able$arm, c("cells", "control")), factor(able$yes, c(TRUE, FALSE)))
    list(rule = r[[1]], responders = as.vector(k[, 1]), n = as.vector(rowSums(k)), p = fisher.test(k)$p.value,
      cells = as.numeric(binom.test(k[1, 1], sum(k[1, ]))$conf.int),
      control = as.numeric(binom.test(k[2, 1], sum(k[2, ]))$conf.int))
  })
  list(dataset = sub(".csv", "", basename(file)), share_baseline = shared, slopes = s[order(s$id), ], within = within,
    between = told(t.test(able$change[able$arm == "cells"], able$change[able$arm == "control"])), responders = judged)
}
files <- sort(list.files(folder, pattern = ".csv$", full.names = TRUE))
all <- c(lapply(files, one, shared = FALSE), lapply(files, one, shared = TRUE))
write(toJSON(all, auto_unbox = TRUE, digits = I(17), na = "null", pretty = TRUE), out)
writeLines(c(R.version.string, paste("jsonlite", packageVersion("jsonlite"))), sub("\\.json$", ".session.txt", out))
