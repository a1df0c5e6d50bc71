# The batch script that a site would get; nothing is submitted. Leave out --dry-run on the cluster.
nanokiln submit cdse-cu3p-cdse-15nm --out run --site site.yaml --ranks 48 --walltime-min 240 --dry-run
