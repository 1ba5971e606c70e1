# Three arms (id modulo 3, arm 0 the reference) in one model, and one arm: models D and C of this folder; REML, tight optimiser.
# Usage: Rscript fit_arms.R DATA_FOLDER OUTPUT.json
suppressMessages({library(lme4); library(lmerTest); library(jsonlite)})
args <- commandArgs(TRUE); folder <- args[1]; out <- args[2]
ctl <- lmerControl(optimizer = "nloptwrap", calc.derivs = TRUE, check.conv.singular = .makeCC("ignore", tol = 1e-4),
  optCtrl = list(algorithm = "NLOPT_LN_BOBYQA", xtol_abs = 1e-12, ftol_abs = 1e-13, xtol_rel = 0, ftol_rel = 0, maxeval = 200000))
contrast <- function(m, L) { r <- contest1D(m, L, confint = TRUE); list(est = r[[1]], se = r[[2]], df = r[[3]], low = r[["lower"]], high = r[["upper"]], p = r[["Pr(>|t|)"]]) }
one <- function(name, model, arms) {
  d <- read.csv(file.path(folder, paste0(name, "_long.csv"))); d$pos <- pmax(d$time, 0)
  if (model == "D") d <- subset(d, time >= 0)
  last <- if (model == "D") d$time else d$pos
  d$one <- last * (d$id %% 3 == 1); d$two <- last * (d$id %% 3 == 2)
  shared <- if (model == "D") "time" else "time + pos"
  terms <- if (arms == 3) "+ one + two" else ""
  m <- lmer(as.formula(paste("y ~", shared, terms, "+ (", shared, "| id)")), d, REML = TRUE, control = ctl)
  basis <- if (model == "D") c(1, 6) else c(1, 6, 6)
  k <- length(basis); p <- length(fixef(m)); unit <- function(j) replace(numeric(p), j, 1)
  rows <- lapply(if (arms == 3) 0:2 else 0, function(a) { L <- c(basis, if (arms == 3) 6 * c(a == 1, a == 2)); contrast(m, L) })
  list(dataset = name, model = model, arms = arms, coefficients = lapply(if (arms == 3) k + 1:2 else k, function(j) contrast(m, unit(j))),
       mean_at_6 = rows, reml_ll = as.numeric(logLik(m)), singular = isSingular(m, tol = 1e-4))
}
cases <- expand.grid(name = c("e02_small", "w1_02"), model = c("D", "C"), arms = c(1, 3), stringsAsFactors = FALSE)
rows <- lapply(seq_len(nrow(cases)), function(i) one(cases$name[i], cases$model[i], cases$arms[i]))
write(toJSON(rows, auto_unbox = TRUE, digits = NA, pretty = TRUE), out)
