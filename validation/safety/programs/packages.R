# What the R packages stoppingrule and clinfun give for the same rules. Their code is not part of this project: the
# second argument is a folder with the R files of stoppingrule (calc.rule.bin.R and what it calls) and clinfun (toxbdry.R).
# Rscript packages.R packages.json FOLDER
library(jsonlite)
to <- commandArgs(TRUE)[1]
for (file in list.files(commandArgs(TRUE)[2], pattern = "[.]R$", full.names = TRUE)) source(file)
rows <- list()
for (s in list(list("exact", 20, 0.2, 0.05, NULL), list("exact", 50, 0.2, 0.1, NULL), list("exact", 80, 0.1, 0.05, NULL),
               list("likelihood_ratio", 30, 0.1, 0.05, 0.3), list("likelihood_ratio", 60, 0.05, 0.1, 0.2))) {
  type <- if (s[[1]] == "exact") "Pocock" else "SPRT"
  rule <- calc.rule.bin(1:s[[2]], s[[3]], s[[4]], type, s[[5]], iter = 100)
  b <- rule$Rule[, 2]
  row <- list(kind = s[[1]], participants = s[[2]], tolerated = s[[3]], alpha = s[[4]], unacceptable = s[[5]],
              boundary = ifelse(b > seq_along(b), NA, b), ever = opchars.bin(rule, s[[3]])$power,
              ever_at_twice = opchars.bin(rule, 2 * s[[3]])$power)
  if (type == "Pocock") {
    other <- suppressWarnings(getBoundary(s[[3]], 2 * s[[3]], 1:s[[2]], s[[4]], 0.9, niter = 50))
    row$clinfun <- ifelse(other$hi.bdry + 1 > seq_along(b), NA, other$hi.bdry + 1)
    row$clinfun_ever <- unname(other$bdry.oc[1, "pcross.hi"])
  }
  rows[[length(rows) + 1]] <- row
}
write_json(rows, to, auto_unbox = TRUE, digits = NA, pretty = TRUE, na = "null", null = "null")
