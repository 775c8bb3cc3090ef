import assert from 'node:assert/strict';
import test from 'node:test';
import { Meter } from '../../reporters/meter.ts';
import { bytes, duration, oneLine, wrap } from '../../reporters/text.ts';

test('durations as a person says them', () => {
  const cases: [number, string][] = [
    [0, '0 ms'],
    [94, '94 ms'],
    [95, '0.1 s'],
    [340, '0.3 s'],
    [9_949, '9.9 s'],
    [9_960, '10 s'],
    [59_499, '59 s'],
    [59_900, '1 m 0 s'],
    [3_599_900, '1 h 0 m'],
    [3_900_000, '1 h 5 m'],
  ];
  for (const [ms, text] of cases) assert.equal(duration(ms), text);
});

test('bytes in binary units', () => {
  const cases: [number, string][] = [
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [150 * 1024 ** 2, '150 MiB'],
    [1.5 * 1024 ** 3, '1.5 GiB'],
  ];
  for (const [count, text] of cases) assert.equal(bytes(count), text);
});

test('foreign text stays on its line', () => {
  assert.equal(oneLine(' a\r\n\tb\u001B[31mred\u001B[0m\u0007\u0000 \u001B]0;title\u0007c '), 'a bred c');
});

test('wrapping breaks at blanks and leaves long words whole', () => {
  assert.deepEqual(wrap('one two three', 7), ['one two', 'three']);
  assert.deepEqual(wrap('a /a/path/that/is/long b', 7), ['a', '/a/path/that/is/long', 'b']);
});

test('the rate is that of the last seconds, and starts anew with another transfer', () => {
  const meter = new Meter();
  const at = (second: number, done: number, message = 'a.iso') =>
    meter.describe({
      type: 'step-progress',
      step: 's',
      build: 'b',
      at: new Date(second * 1000).toISOString(),
      message,
      done: done * 1024 ** 2,
      total: 100 * 1024 ** 2,
      unit: 'bytes',
    });
  assert.equal(at(0, 0), 'a.iso: 0 B of 100 MiB (0 %)');
  assert.equal(at(1, 50), 'a.iso: 50.0 MiB of 100 MiB (50 %), 50.0 MiB/s, 1.0 s left');
  for (let second = 2; second < 20; second++) at(second, 50 + second);
  assert.equal(at(20, 70), 'a.iso: 70.0 MiB of 100 MiB (70 %), 1.0 MiB/s, 30 s left');
  assert.equal(at(21, 1, 'b.iso'), 'b.iso: 1.0 MiB of 100 MiB (1 %)');
  assert.equal(at(21.9, 30, 'b.iso'), 'b.iso: 30.0 MiB of 100 MiB (30 %)', 'nothing is told of less than a second');
  assert.equal(at(22, 31, 'b.iso'), 'b.iso: 31.0 MiB of 100 MiB (31 %), 30.0 MiB/s, 2.3 s left');
  assert.equal(at(22.5, 61, 'b.iso'), 'b.iso: 61.0 MiB of 100 MiB (61 %), 30.0 MiB/s, 1.3 s left', 'it stays readable');
  assert.equal(at(23, 61, 'b.iso'), 'b.iso: 61.0 MiB of 100 MiB (61 %), 30.0 MiB/s, 1.3 s left');
  assert.equal(at(24, 91, 'b.iso'), 'b.iso: 91.0 MiB of 100 MiB (91 %), 30.0 MiB/s, 0.3 s left');
  assert.equal(at(24.2, 5, 'b.iso'), 'b.iso: 5.0 MiB of 100 MiB (5 %)', 'an upload that begins anew');
});
