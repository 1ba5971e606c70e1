# Treated minus untreated limb: change from baseline at a month and slope after time zero, paired t, Wilcoxon, Welch.
# Usage: Rscript paired_side.R data.csv expected.json   (versions go to expected.session.txt)
suppressMessages(library(jsonlite))
args <- commandArgs(TRUE); d <- read.csv(args[1])
one <- d[d$side %in% c("left", "right"), ]
limb <- function(rows, treated) if ((rows$side[1] == "left") == treated) rows$left else rows$right
change <- function(rows, at) {
  side <- function(treated) {
    y <- limb(rows, treated); before <- y[rows$month <= 0 & !is.na(y)]; after <- y[rows$month == at & !is.na(y)]
    if (length(before) && length(after)) after - before[length(before)] else NA
  }
  side(TRUE) - side(FALSE)
}
slope <- function(rows) {
  side <- function(treated) {
    y <- limb(rows, treated); use <- rows$month > 0 & !is.na(y)
    if (sum(use) >= 3) coef(lm(y[use] ~ rows$month[use]))[[2]] else NA
  }
  side(TRUE) - side(FALSE)
}
values <- function(f) {
  people <- split(one, one$id); people <- people[order(as.numeric(names(people)))]
  data.frame(arm = sapply(people, function(p) p$arm[1]), x = sapply(people, f))
}
t_of <- function(x) { t <- t.test(x); list(n = length(x), estimate = t$estimate[[1]], standard_error = t$stderr,
  statistic = t$statistic[[1]], df = t$parameter[[1]], p = t$p.value, low = t$conf.int[1], high = t$conf.int[2]) }
w_of <- function(x) { w <- suppressWarnings(wilcox.test(round(x, 9))); list(statistic = w$statistic[[1]], p = w$p.value,
  exact = !grepl("continuity", w$method)) }
told <- function(f) {
  v <- values(f); v <- v[!is.na(v$x), ]; by <- function(a) v$x[v$arm %in% a]
  w <- t.test(by("high"), by("low"))
  list(all = list(t = t_of(v$x), wilcoxon = w_of(v$x)), low = list(t = t_of(by("low")), wilcoxon = w_of(by("low"))),
    high = list(t = t_of(by("high")), wilcoxon = w_of(by("high"))),
    welch = list(estimate = mean(by("high")) - mean(by("low")), standard_error = w$stderr, statistic = w$statistic[[1]],
      df = w$parameter[[1]], p = w$p.value, low = w$conf.int[1], high = w$conf.int[2]))
}
res <- list(change_6 = told(function(p) change(p, 6)), change_3 = told(function(p) change(p, 3)), slope = told(slope))
write(toJSON(res, auto_unbox = TRUE, digits = I(17), pretty = TRUE), args[2])
writeLines(R.version.string, sub("\\.json$", ".session.txt", args[2]))
