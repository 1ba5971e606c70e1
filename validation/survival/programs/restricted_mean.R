# Restricted mean survival of each arm of every data set, from R's survival (print(survfit, rmean =)) and by the
# formula written apart; the difference and the logarithm of the ratio of arm a and arm 0, with Wald's z and p.
# Usage: Rscript restricted_mean.R DATA_FOLDER OUTPUT.json   (versions go to OUTPUT.session.txt)
suppressMessages({library(survival); library(jsonlite)})
args <- commandArgs(TRUE); folder <- args[1]; out <- args[2]
by_formula <- function(d, tau) {
  at <- sort(unique(d$time[d$event == 1 & d$time < tau])); S <- 1; heights <- 1; jumps <- NULL
  for (x in at) {
    y <- sum(d$time >= x); e <- sum(d$time == x & d$event == 1); S <- S * (1 - e / y); heights <- c(heights, S)
    jumps <- c(jumps, if (y == e) 0 else e / (y * (y - e)))
  }
  widths <- diff(c(0, at, tau)); area <- heights * widths
  after <- rev(cumsum(rev(area)))[-1]
  list(months = sum(area), standard_error = sqrt(sum(after^2 * jumps)))
}
mean_of <- function(d, a, tau) {
  s <- d[d$arm == a, ]
  # survival refuses a month before anybody's time: then nothing has happened yet.
  table <- if (tau <= min(s$time)) list(rmean = tau, "se(rmean)" = 0) else
    summary(survfit(Surv(time, event) ~ 1, s), rmean = tau)$table
  list(arm = a, n = nrow(s), last = max(s$time), rmean = table[["rmean"]], se = table[["se(rmean)"]],
    by_formula = by_formula(s, tau))
}
wald <- function(x, se) list(estimate = x, standard_error = se, z = x / se, p = 2 * pnorm(-abs(x / se)))
at_month <- function(d, tau) {
  arms <- sort(unique(d$arm)); means <- lapply(arms, function(a) mean_of(d, a, tau)); zero <- means[[1]]
  list(month = tau, arms = means, pairs = lapply(means[-1], function(m) list(arm = m$arm,
    difference = wald(m$rmean - zero$rmean, sqrt(m$se^2 + zero$se^2)),
    ratio = wald(log(m$rmean / zero$rmean), sqrt((m$se / m$rmean)^2 + (zero$se / zero$rmean)^2)))))
}
one <- function(file) {
  d <- read.csv(file); if (!"event" %in% names(d)) d$event <- as.numeric(d$cause > 0)
  smallest <- min(tapply(d$time, d$arm, max))
  list(dataset = sub("\\.csv$", "", basename(file)), smallest = at_month(d, smallest),
    half = at_month(d, round(smallest / 2, 2)))
}
files <- sort(list.files(folder, pattern = "_(surv|strata).csv$", full.names = TRUE))
write(toJSON(lapply(files, one), auto_unbox = TRUE, digits = I(17), na = "string", null = "null", pretty = TRUE), out)
writeLines(c(R.version.string, paste("survival", packageVersion("survival"))), sub("\\.json$", ".session.txt", out))
