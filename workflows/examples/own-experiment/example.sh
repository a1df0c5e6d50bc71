# Three facts of your own beside their prediction, each with the worlds in which it would have failed.
nanokiln experiment my-discs --out facts
nanokiln experiment my-discs --out facts --json > facts.json
