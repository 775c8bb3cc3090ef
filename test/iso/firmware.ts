import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { efiProgram } from './efi-program.ts';
import { run } from './tools.ts';

/** Debian's package ovmf has the one of 4 MB since 2022; older ones have only the other. */
const FIRMWARE = ['/usr/share/OVMF/OVMF_CODE_4M.fd', '/usr/share/OVMF/OVMF_CODE.fd'];
const MEMORY = 256;
const FLOPPY = 1_474_560;

/** Media shaped like those of Windows: UDF, an EFI entry that loads `efisys.bin`, and its sister beside it. */
export async function bootableMedia(folder: string, words: { prompt: string; noPrompt: string }): Promise<string> {
  const boot = `${folder}/media/efi/microsoft/boot`;
  await mkdir(boot, { recursive: true });
  await fatWithProgram(`${boot}/efisys.bin`, words.prompt);
  await fatWithProgram(`${boot}/efisys_noprompt.bin`, words.noPrompt);
  await writeFile(`${folder}/media/setup.exe`, 'placeholder');
  const iso = `${folder}/media.iso`;
  await run(
    ...(['genisoimage', '-quiet', '-udf', '-J', '-V', 'BOOT', '-c', 'boot.cat', '-eltorito-alt-boot'] as const),
    ...['-e', 'efi/microsoft/boot/efisys.bin', '-no-emul-boot', '-boot-load-size', '1'],
    ...['-o', iso, `${folder}/media`],
  );
  return iso;
}

/** A floppy disk's FAT image, as `efisys.bin` is one, with the program that firmware starts from removable media. */
async function fatWithProgram(path: string, word: string): Promise<void> {
  await writeFile(`${path}.efi`, efiProgram(word));
  await writeFile(path, Buffer.alloc(FLOPPY));
  await run('mformat', '-i', path, '-f', '1440', '::');
  await run('mmd', '-i', path, '::/EFI', '::/EFI/BOOT');
  await run('mcopy', '-i', path, `${path}.efi`, '::/EFI/BOOT/BOOTX64.EFI');
}

/**
 * Starts a machine with UEFI firmware and nothing but this disc (no disk, no network), and waits until it has powered
 * itself off. Emulated, as KVM is not there everywhere.
 *
 * @returns what its serial console, which is the firmware's console too, showed
 */
export async function bootOnce(iso: string, signal: AbortSignal): Promise<string> {
  const firmware = FIRMWARE.find((path) => existsSync(path));
  assert.ok(firmware !== undefined, `expected OVMF at ${FIRMWARE.join(' or ')}: install the package ovmf`);
  const child = spawn(
    'qemu-system-x86_64',
    [
      ...['-nodefaults', '-no-user-config', '-machine', 'q35', '-accel', 'tcg', '-m', String(MEMORY), '-no-reboot'],
      ...['-display', 'none', '-monitor', 'none', '-serial', 'stdio', '-nic', 'none'],
      ...['-drive', `if=pflash,unit=0,format=raw,readonly=on,file=${firmware}`],
      ...['-drive', `if=none,id=disc,format=raw,media=cdrom,readonly=on,file=${iso}`],
      ...['-device', 'ide-cd,drive=disc'],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], signal, killSignal: 'SIGKILL' },
  );
  let shown = '';
  let complaints = '';
  child.stdout.on('data', (bytes: Buffer) => {
    shown += bytes.toString('latin1');
  });
  child.stderr.on('data', (bytes: Buffer) => {
    complaints += bytes.toString();
  });
  const [code] = await once(child, 'close').catch((cause: unknown) => {
    const why = `${String(cause)}; its console showed:\n${shown}${complaints}`;
    throw new Error(
      `expected qemu-system-x86_64 (package qemu-system-x86) to run until the machine is off, found: ${why}`,
    );
  });
  assert.equal(code, 0, complaints);
  return shown;
}
