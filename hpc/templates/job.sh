#!/bin/bash
{% if site.scheduler == "slurm" %}
#SBATCH --job-name={{ job.name }}
{% if nodes %}
#SBATCH --nodes={{ nodes }}
{% endif %}
#SBATCH --ntasks={{ job.ranks }}
#SBATCH --cpus-per-task={{ job.threads }}
#SBATCH --time={{ clock }}
{% if site.partition %}
#SBATCH --partition={{ site.partition }}
{% endif %}
{% if site.account %}
#SBATCH --account={{ site.account }}
{% endif %}
#SBATCH --output=%x-%j.log
#SBATCH --open-mode=append
#SBATCH --signal=USR1@{{ job.warn_s }}
#SBATCH --requeue
{% elif site.scheduler == "pbs" %}
#PBS -N {{ job.name }}
#PBS -l select={{ select }}
#PBS -l walltime={{ clock }}
{% if site.partition %}
#PBS -q {{ site.partition }}
{% endif %}
{% if site.account %}
#PBS -A {{ site.account }}
{% endif %}
#PBS -j oe
#PBS -r y
{% elif site.scheduler == "lsf" %}
#BSUB -J {{ job.name }}
#BSUB -n {{ job.ranks }}
#BSUB -R "affinity[core({{ job.threads }})]"
{% if per_node %}
#BSUB -R "span[ptile={{ per_node }}]"
{% endif %}
#BSUB -W {{ clock[:-3] }}
{% if site.partition %}
#BSUB -q {{ site.partition }}
{% endif %}
{% if site.account %}
#BSUB -P {{ site.account }}
{% endif %}
#BSUB -o {{ job.name }}-%J.log
#BSUB -wa USR1
#BSUB -wt {{ warn_min }}
#BSUB -r
{% elif site.scheduler == "sge" %}
#$ -S /bin/bash
{# Grid Engine takes no name that begins with a digit. #}
#$ -N {{ job.name if job.name[0].isalpha() else "job-" ~ job.name }}
#$ -pe {{ site.parallel_environment }} {{ job.ranks * job.threads }}
#$ -l h_rt={{ clock }}
{% if site.partition %}
#$ -q {{ site.partition }}
{% endif %}
{% if site.account %}
#$ -P {{ site.account }}
{% endif %}
#$ -cwd
#$ -j y
#$ -o $JOB_NAME-$JOB_ID.log
#$ -r y
{% else %}
# flux: --job-name={{ job.name }}
{% if nodes %}
# flux: --nodes={{ nodes }}
{% endif %}
# flux: --nslots={{ job.ranks }}
# flux: --cores-per-slot={{ job.threads }}
# flux: --time-limit={{ job.walltime_min }}m
{% if site.partition %}
# flux: --queue={{ site.partition }}
{% endif %}
{% if site.account %}
# flux: --bank={{ site.account }}
{% endif %}
# flux: --output={{ job.name }}-{{ "{{id}}" }}.log
# flux: --signal=SIGUSR1@{{ job.warn_s }}s
{% endif %}
{% for option in site.options %}
{{ option }}
{% endfor %}

{% if site.scheduler == "pbs" %}
cd "$PBS_O_WORKDIR" || exit
{% endif %}
{% for name in site.modules %}
module load {{ name }}
{% endfor %}
{% if site.activate %}
. {{ site.activate | quote }}
{% endif %}
export OMP_NUM_THREADS={{ job.threads }}

# Submitted again, this goes on from the last checkpoint.
{{ launched }}
{% if then %}
code=$?
{{ then }} "$code"
exit "$code"
{% endif %}
