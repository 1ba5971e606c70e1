# random_slope (D) and broken_stick (C) with covariates: a number and a factor of three levels, made from the id so that
# any program can make them again; the mean of each arm at month 6, at the mean of the number (participants weighted
# equally) and levels weighted equally. Rscript fit_covariates.R data golden_covariates.json
suppressMessages({library(lme4); library(lmerTest); library(jsonlite)})
args <- commandArgs(TRUE)
ctl <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-11), calc.derivs = FALSE, check.conv.singular = "ignore")
res <- list()
for (name in c("e04_heavy_missing", "w1_02")) for (model in c("D", "C")) {
  d <- read.csv(file.path(args[1], paste0(name, "_long.csv")))
  d$age <- 40 + (7 * d$id) %% 30; d$site <- factor(c("a", "b", "c")[1 + d$id %% 3]); d$pos <- pmax(d$time, 0)
  d$age[d$id %% 10 == 9] <- NA
  if (model == "D") d <- d[d$time >= 0, ]
  d <- d[!is.na(d$age), ]
  f <- if (model == "D") y ~ time + time:arm + age + site + (time | id) else y ~ time + pos + arm:pos + age + site + (time + pos | id)
  m <- lmer(f, data = d, REML = TRUE, control = ctl)
  s <- coef(summary(m)); r <- if (model == "D") "time:arm" else "pos:arm"
  people <- d[!duplicated(d$id), ]
  at <- function(arm) { L <- setNames(numeric(nrow(s)), rownames(s)); L["(Intercept)"] <- 1; L["time"] <- 6
    if (model == "C") L["pos"] <- 6
    L[r] <- 6 * arm; L["age"] <- mean(people$age); L[c("siteb", "sitec")] <- 1 / 3; L }
  mean_at <- lapply(0:1, function(arm) { k <- contest1D(m, at(arm), confint = TRUE); list(arm = arm, est = k$Estimate, se = k$`Std. Error`) })
  res[[length(res) + 1]] <- list(dataset = name, model = model, est = s[r, 1], se = s[r, 2], df = s[r, 3], p = s[r, 5],
    reml_ll = as.numeric(logLik(m)), participants = nrow(people), age = s["age", 1:3], site_b = s["siteb", 1:3], mean_at_6 = mean_at,
    singular = isSingular(m))
}
write(toJSON(res, auto_unbox = TRUE, digits = 15), args[2])
