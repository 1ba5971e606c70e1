# Time to the first dermatologic event of the CDISC pilot: Rscript survival.R PILOT survival.json
library(survival)
library(jsonlite)
args <- commandArgs(trailingOnly = TRUE)
said <- fromJSON(file.path(args[1], "adtte.json"), simplifyVector = FALSE)
names <- sapply(said$columns, function(column) column$name)
cell <- function(row, name) { value <- row[[match(name, names)]]; if (is.null(value)) NA else value }
data <- data.frame(
  arm = sapply(said$rows, cell, "TRTA"), time = sapply(said$rows, cell, "AVAL"),
  event = sapply(said$rows, cell, "CNSR") == 0, safe = sapply(said$rows, cell, "SAFFL"),
  param = sapply(said$rows, cell, "PARAMCD")
)
data <- data[data$safe == "Y" & data$param == "TTDE", ]
arms <- sort(unique(data$arm))
days <- c(14, 28, 56, 84, 112, 140, 168)
curves <- lapply(arms, function(arm) {
  fit <- survfit(Surv(time, event) ~ 1, data = data[data$arm == arm, ], conf.type = "log-log")
  at <- summary(fit, times = days, extend = FALSE)
  list(arm = arm, n = fit$n, events = sum(fit$n.event), days = at$time, survival = at$surv, se = at$std.err,
       low = at$lower, high = at$upper)
})
pairs <- lapply(arms[arms != "Placebo"], function(arm) {
  mine <- data[data$arm %in% c("Placebo", arm), ]
  test <- survdiff(Surv(time, event) ~ arm, data = mine)
  fit <- summary(coxph(Surv(time, event) ~ I(arm != "Placebo"), data = mine, ties = "efron",
                       control = coxph.control(eps = 1e-14, iter.max = 100)))
  list(arm = arm, chi_square = test$chisq, log_rank_p = pchisq(test$chisq, 1, lower.tail = FALSE),
       log_hazard_ratio = fit$coefficients[1, "coef"], standard_error = fit$coefficients[1, "se(coef)"],
       p = fit$coefficients[1, "Pr(>|z|)"])
})
all <- survdiff(Surv(time, event) ~ arm, data = data)
out <- list(data = "CDISC pilot, adtte.json, PARAMCD TTDE, SAFFL = Y, by TRTA; days", curves = curves, pairs = pairs,
            all_arms = list(chi_square = all$chisq, df = length(arms) - 1,
                            p = pchisq(all$chisq, length(arms) - 1, lower.tail = FALSE)))
writeLines(toJSON(out, auto_unbox = TRUE, digits = NA, pretty = TRUE), args[2])
writeLines(c(R.version.string, paste("survival", packageVersion("survival")), paste("jsonlite", packageVersion("jsonlite"))),
           file.path(dirname(args[2]), "session.txt"))
