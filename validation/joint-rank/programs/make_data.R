# Invented trials: writes ../data/<name>_people.csv, _visits.csv. Run from this folder: Rscript make_data.R
# Days are whole numbers from time zero. fatal: 1 where `last_day` is that of a fatal event, 0 where follow-up ended.
RNGkind("Mersenne-Twister", "Inversion", "Rejection")
SCHEDULE <- c(30, 61, 91, 122, 152, 183, 274, 365)

make <- function(name, seed, sizes, schedule = SCHEDULE, step = 1, hazard = 0.01, leave = 0.01, miss = 0.1,
                 no_baseline = 0, fatal_days = 1, randomised = FALSE, spread = 6) {
  set.seed(seed)
  n <- sum(sizes)
  id <- sprintf("%s-%03d", name, seq_len(n))
  arm <- sample(rep(names(sizes), sizes))
  site <- sample(c("north", "south", "west"), n, replace = TRUE, prob = c(0.5, 0.3, 0.2))
  onset <- sample(c("limb", "bulbar", "other"), n, replace = TRUE, prob = c(0.5, 0.3, 0.2))
  age <- round(rnorm(n, 58, 9), 1)
  start <- rnorm(n, 37, 5)
  rate <- pmax(0.05, rnorm(n, 1, 0.6)) - 0.2 * (arm == "high")
  end <- max(schedule)
  risk <- hazard * (1 + rate)
  death <- round(rexp(n, risk / 30.4375) / fatal_days) * fatal_days + fatal_days
  left <- round(rexp(n, leave / 30.4375)) + 1
  last_day <- pmin(death, left, end)
  fatal <- as.integer(death <= last_day)
  people <- data.frame(id, arm, site, onset, age, last_day, fatal)
  if (randomised) people$randomised_day <- -sample(0:20, n, replace = TRUE)
  visits <- NULL
  for (i in seq_len(n)) {
    days <- c(0, schedule)
    days <- days[days == 0 | (days <= last_day[i] & runif(length(days)) > miss)]
    if (runif(1) < no_baseline) days <- days[days != 0]
    value <- start[i] - rate[i] * days / 30.4375 + rnorm(length(days), 0, spread / 4)
    visits <- rbind(visits, data.frame(id = rep(id[i], length(days)), day = days, value = round(value / step) * step))
  }
  folder <- "../data"
  write.csv(people, file.path(folder, paste0(name, "_people.csv")), row.names = FALSE, quote = FALSE)
  write.csv(format(visits, digits = 15, trim = TRUE), file.path(folder, paste0(name, "_visits.csv")),
            row.names = FALSE, quote = FALSE)
}

# Scores in whole points, ties, deaths, some leave.
make("j01_usual", 1, c(low = 30, high = 34))
# Three arms, some without a baseline, visits missed.
make("j02_three_arms", 2, c(none = 40, low = 38, high = 42), no_baseline = 0.06, miss = 0.2)
# Nobody dies, nobody leaves, nothing missing, values to six decimals: no ties, so that Wilcoxon's p is exact.
make("j03_function_alone", 3, c(low = 18, high = 20), hazard = 1e-9, leave = 1e-9, miss = 0, step = 1e-6)
# Deaths in steps of 30 days, scores in steps of 4 points: ties everywhere.
make("j04_ties", 4, c(low = 25, high = 25), step = 4, fatal_days = 30, hazard = 0.05)
# Half leave within the year and visits are missed: pairs are compared over different visits.
make("j05_early_censoring", 5, c(low = 45, high = 45), leave = 0.06, miss = 0.3)
# Survival runs from randomisation, up to 20 days before time zero.
make("j06_randomised", 6, c(low = 20, high = 21), randomised = TRUE, hazard = 0.05)
# Nine people, most of them dead.
make("j07_nine", 7, c(low = 4, high = 5), hazard = 0.15, miss = 0)
