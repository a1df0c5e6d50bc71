# A map of what becomes of a rod: how far its donors lie, and how long each hold lasts.
nanokiln clock rod.yaml --samples 200 --out rod
nanokiln what-if rod.yaml --vary gap_nm=1:1000:4:log --vary hold_min=5,15,60 --samples 100 --out map
