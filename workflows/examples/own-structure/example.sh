# A structure of your own from a CIF: look at it, heat it, read what happened.
nanokiln build mine.cif --out mine.png
nanokiln run mine.yaml --out mine
nanokiln status mine
nanokiln verify mine
