# Particles where a micrograph shows them: who gets the copper, who starves, and what a gap of bare film does.
nanokiln film scene.yaml --gaps --samples 100 --out film
