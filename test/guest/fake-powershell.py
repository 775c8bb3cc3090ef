"""Stands for cmd.exe and powershell.exe behind a real OpenSSH server: follows docs/guest-contract.md.

Run by sshd's ForceCommand with the folder that stands for the drives of Windows. What a script does is told by a Python
file behaviour/NAME.py in that folder, or by the text of the uploaded script itself when it begins with '# python'.
"""
import base64
import json
import os
import re
import signal
import sys

root = sys.argv[1]
command = os.environ.get('SSH_ORIGINAL_COMMAND', '')

COMMAND = re.compile(
    r'powershell\.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass '
    r'-File C:\\ProgramData\\ingot\\scripts\\([A-Za-z0-9-]+\.ps1)( -Test)?'
)
match = COMMAND.fullmatch(command)
if not match:
    sys.stderr.write(f"'{command}' is not recognized as an internal or external command\n")
    sys.exit(9009)
name = match.group(1)
scripts = os.path.join(root, 'C:', 'ProgramData', 'ingot', 'scripts')
for needed in ('common.ps1', name):
    if not os.path.exists(os.path.join(scripts, needed)):
        sys.stderr.write(f'The argument {needed} to the -File parameter does not exist.\n')
        sys.exit(1)
with open(os.path.join(scripts, name), encoding='utf-8-sig') as file:
    text = file.read()
parameters = json.loads(base64.b64decode(sys.stdin.readline()))


def say(line):
    sys.stdout.write(line + '\n')
    sys.stdout.flush()


def marker(kind, value):
    say(f'##ingot:{kind} {json.dumps(value)}')


def progress(message, **more):
    marker('progress', {'message': message, **more})


def result(**value):
    marker('result', value)


def fail(message, **more):
    marker('error', {'message': message, 'script': name, 'line': 12, 'category': 'InvalidOperation', **more})
    sys.exit(1)


def boot(time=None):
    """Reads the boot time, or sets it: Windows has restarted."""
    path = os.path.join(root, 'boot-time')
    if time is not None:
        with open(path, 'w') as file:
            file.write(time)
    with open(path) as file:
        return file.read()


def drop():
    """Ends the SSH connection, as a machine that goes down does."""
    sys.stdout.flush()
    os.kill(os.getppid(), signal.SIGKILL)
    sys.exit(0)


behaviour = os.path.join(root, 'behaviour', name + '.py')
if os.path.exists(behaviour):
    with open(behaviour) as file:
        text = file.read()
elif name == 'state.ps1':
    text = "result(bootTime=boot(), uptimeSeconds=5, computerName='WIN', osBuild='19042.508', pendingReboot=[], imageState='IMAGE_STATE_COMPLETE')"
elif name == 'restart.ps1':
    text = "before = boot(); boot('2026-11-21T06:00:00.000Z'); result(scheduled=True, bootTime=before); drop()"
elif name == 'settle.ps1':
    text = "result(settled=boot() != parameters['previousBootTime'], bootTime=boot(), servicing=0, logonChecked=True)"
elif name == 'scripts-folder.ps1':
    text = "import shutil; shutil.rmtree(os.path.join(root, 'C:/ProgramData/ingot/scripts')); result(changed=True)"
elif name == 'file-digest.ps1':
    text = '''
import hashlib
found = []
for path in parameters['paths']:
    real = os.path.join(root, *path.split(chr(92)))
    if os.path.isfile(real):
        with open(real, 'rb') as file:
            found.append({'path': path, 'size': os.path.getsize(real), 'sha256': hashlib.file_digest(file, 'sha256').hexdigest()})
result(files=found)
'''
elif not text.startswith('# python'):
    fail(f'no behaviour for {name}')
exec(compile(text, name, 'exec'))
