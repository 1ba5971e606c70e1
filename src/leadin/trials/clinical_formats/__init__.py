"""Formats of the clinical data world: ADaM and SDTM as Dataset-JSON and SAS transport files, and REDCap-style CSV."""
