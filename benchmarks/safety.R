# Milliseconds of processor of the table of adverse events by loops, with exact intervals of shares and rates for all events, each
# class and each term of each arm, as JSON on the last line. Arguments: participants, adverse events.
people <- read.csv(commandArgs(TRUE)[1]); events <- read.csv(commandArgs(TRUE)[2])
people$days <- 365; month <- 30.4375
row <- function(arm, mine) {
  group <- people[people$arm == arm, ]
  mine <- mine[mine$participant_id %in% group$participant_id, ]
  who <- unique(mine$participant_id)
  worst <- tapply(mine$ctcae_grade, mine$participant_id, max)
  first <- tapply(mine$start_day, mine$participant_id, min)
  at_risk <- sum(ifelse(group$participant_id %in% who, first[group$participant_id], group$days)) / month
  share <- binom.test(length(who), nrow(group))$conf.int
  rate <- poisson.test(nrow(mine), sum(group$days) / month / 100)$conf.int
  incidence <- poisson.test(length(who), at_risk / 100)$conf.int
  grades <- sapply(1:5, function(g) sum(worst == g))
  some <- function(which) length(unique(mine$participant_id[which]))
  c(share, rate, incidence, grades, some(mine$serious == "true"), some(mine$relatedness == "related"),
    some(mine$serious == "true" & mine$relatedness == "related"))
}
taken <- system.time({
table <- list()
for (arm in unique(people$arm)) {
  table[[length(table) + 1]] <- row(arm, events)
  for (class in unique(events$system_organ_class)) {
    table[[length(table) + 1]] <- row(arm, events[events$system_organ_class == class, ])
  }
  for (term in unique(events$term)) table[[length(table) + 1]] <- row(arm, events[events$term == term, ])
}
})
cat(sprintf('{"base R, loops over arms and terms": %f}\n', 1000 * sum(taken[1:2])))
