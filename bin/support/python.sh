# Sourced by the scripts in bin/: sets $python to a Python 3.11, 3.12 or 3.13 that has venv,
# or ends with one sentence that says what was found instead. Needs $here (the bin folder).

# Modules of another project on these paths would shadow our own.
unset PYTHONPATH PYTHONHOME

python=
found=
for candidate in ${PYTHON:+"$PYTHON"} python3.13 python3.12 python3.11 python3 python; do
    version=$("$candidate" -c '
import sys
name = "%d.%d.%d" % sys.version_info[:3]
if (3, 11) <= sys.version_info[:2] <= (3, 13):
    try:
        import ensurepip, venv
        name = "good"
    except ImportError:
        name += " without venv"
sys.stdout.write(name)
' 2>/dev/null) || continue
    if [ "$version" = good ]; then
        python=$candidate
        break
    fi
    found="${found:+$found, }$candidate ($version)"
done

if [ -z "$python" ]; then
    echo "bin/${0##*/} needs Python 3.11, 3.12 or 3.13 with venv, and this machine has ${found:-no Python at all}." >&2
    exit 1
fi
