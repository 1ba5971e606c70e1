# Makes the trial folder `data`: three arms, lead-in events, missing grades, seriousness and relatedness, people never
# dosed, deaths, events after the end of follow-up, injections given once or several times. All made up.
# Rscript make_data.R data
out <- commandArgs(TRUE)[1]
set.seed(20260602)
arms <- rep(c("cells", "boosted", "control"), c(14, 13, 12))
n <- length(arms)
id <- sprintf("S%03d", sample(1:n))
people <- data.frame(participant_id = id, arm = arms,
                     time_zero_on = as.character(as.Date("2024-01-08") + sample(0:500, n)))
dosed <- arms != "control" & !(id %in% sample(id[arms != "control"], 3))
end <- round(ifelse(runif(n) < 0.3, runif(n, 20, 360), 365), 1)
died <- end < 365 & runif(n) < 0.6
kind <- ifelse(died, "death", ifelse(end < 365, "lost_to_follow_up", "end_of_follow_up"))
events <- data.frame(participant_id = id, day = end, kind = kind)
administrations <- do.call(rbind, lapply(which(dosed), function(i) {
  days <- if (arms[i] == "cells") c(0, 26) else c(0, 28, 56, 84)
  days <- days + c(0, sample(0:3, length(days) - 1, TRUE))
  days <- days[days <= end[i]]
  data.frame(participant_id = id[i], day = days, lot_id = "", route = "intrathecal")
}))
terms <- data.frame(
  term = c("Headache", "Back pain", "Pyrexia", "Fall", "Pneumonia", "Nausea", "Rash"),
  soc = c("Nervous system disorders", "Musculoskeletal and connective tissue disorders", "General disorders",
          "Injury, poisoning and procedural complications", "Infections and infestations",
          "Gastrointestinal disorders", ""))
words <- c("related", "Possibly related", "PROBABLE", "not related", "unlikely", "", "Unknown")
adverse <- do.call(rbind, lapply(seq_len(n), function(i) {
  k <- rpois(1, 4)
  if (k == 0) return(NULL)
  t <- sample(nrow(terms), k, TRUE, prob = c(6, 4, 3, 3, 1, 3, 1))
  data.frame(participant_id = id[i], start_day = round(runif(k, -60, end[i] + 15)), term = terms$term[t],
             system_organ_class = terms$soc[t],
             ctcae_grade = sample(c(1:4, ""), k, TRUE, prob = c(5, 4, 2, 1, 1)),
             serious = sample(c("true", "false", ""), k, TRUE, prob = c(2, 7, 1)),
             relatedness = sample(words, k, TRUE))
}))
adverse <- adverse[!duplicated(adverse[, c("participant_id", "start_day", "term")]), ]
dir.create(out, showWarnings = FALSE)
save <- function(table, name) write.csv(table, file.path(out, name), row.names = FALSE, quote = FALSE, na = "")
adverse$system_organ_class <- gsub(",", "", adverse$system_organ_class)
save(people, "participants.csv"); save(events, "events.csv")
save(administrations, "administrations.csv"); save(adverse, "adverse_events.csv")
