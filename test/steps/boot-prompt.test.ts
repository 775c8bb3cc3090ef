import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { IngotError } from '../../common/failure.ts';
import { answerBootPrompt } from '../../steps/support/boot-prompt.ts';

const CD =
  '2026-11-21T10:00:00.123Z In(05) vcpu-0 - Guest: About to do EFI boot: EFI VMware Virtual SATA CDROM Drive (0.0)\n';
const DISK = '2026-11-21T10:00:09.000Z In(05) vcpu-0 - Guest: About to do EFI boot: Windows Boot Manager\n';
const MISSED = '2026-11-21T10:00:05.456Z In(05) vcpu-0 - Guest: Status upon boot failure: Time out\n';

/** A VM whose log grows by one part each time it is read, and what was done to it. */
function vm(parts: readonly string[]) {
  const done: string[] = [];
  const end = new AbortController();
  let log = '';
  let next = 0;
  return {
    done,
    end,
    machine: {
      typeKey: async () => void done.push('key'),
      reset: async () => void done.push('reset'),
    },
    async tail(offset: number) {
      const part = parts[next++];
      if (part === undefined) end.abort();
      log += part ?? '';
      return { bytes: Buffer.from(log.slice(offset)), next: log.length };
    },
  };
}

async function answer(parts: readonly string[]): Promise<{ readonly done: string[]; readonly error: unknown }> {
  const { machine, tail, done, end } = vm(parts);
  const error = await answerBootPrompt({ machine, tail, signal: end.signal, log: () => undefined }).catch((e) => e);
  return { done, error };
}

suite('media that ask for a key', { concurrency: true }, () => {
  test('a key is typed when the firmware boots the CD, not before', async () => {
    assert.deepEqual((await answer(['', 'x\n', '', ''])).done, []);
    assert.deepEqual((await answer(['x\n', CD])).done, ['key']);
  });

  test('a line that is written in two parts is read as one', async () => {
    assert.deepEqual((await answer([CD.slice(0, 70), CD.slice(70)])).done, ['key']);
  });

  test('a VM that boots its disk gets no key', async () => {
    assert.deepEqual((await answer([CD + DISK, '', ''])).done, []);
    assert.deepEqual((await answer([DISK])).done, []);
  });

  test('a key that came too late: the VM is reset, and the next time it is typed again', async () => {
    assert.deepEqual((await answer([CD, MISSED, CD])).done, ['key', 'reset', 'key']);
  });

  test('media that never take the key are given up', async () => {
    const { done, error } = await answer([CD + MISSED, CD + MISSED, CD + MISSED, '']);
    assert.deepEqual(done, ['reset', 'reset']);
    assert.ok(error instanceof IngotError && error.code === 'windows.boot-prompt', String(error));
    assert.match(error.remedy ?? '', /efisys_noprompt\.bin/);
  });
});
