import { z } from 'zod';
import { duration } from './fields.ts';

export const timeoutsSchema = z
  .strictObject({
    task: duration().prefault('30m').describe('A task of vCenter: create, reconfigure, snapshot, power.'),
    upload: duration().prefault('2h').describe('The upload of one disc image.'),
    install: duration().prefault('60m').describe('Windows Setup, from power-on to the report of the bootstrap.'),
    tools: duration().prefault('15m').describe('VMware Tools running.'),
    ip: duration().prefault('10m').describe('A valid IP address in vCenter.'),
    ssh: duration().prefault('10m').describe('The first login over SSH.'),
    boot: duration().prefault('15m').describe('A restart of Windows, until it can be logged in to again.'),
    script: duration().prefault('30m').describe("One of ingot's own scripts in Windows."),
    step: duration().prefault('30m').describe('One of your own steps that has no `timeout`.'),
    updates: duration().prefault('4h').describe('All rounds of Windows updates.'),
    cleanup: duration().prefault('60m').describe('The clean-up before the master is kept.'),
    shutdown: duration().prefault('15m').describe('A clean shutdown of Windows.'),
    clone: duration().prefault('60m').describe('The clone that is sealed.'),
    sysprep: duration().prefault('30m').describe('Sysprep, from its start to power-off.'),
    lease: duration()
      .prefault('2m')
      .describe('How long a build may be silent before another build of the same image takes its place.'),
  })
  .prefault({})
  .describe('How long each wait may take.');
