import { writeFile } from 'node:fs/promises';
import { crc32, deflateSync } from 'node:zlib';
import { reference } from '../../vcsim/soap.ts';
import { all, at, leaf, node } from '../../xml.ts';
import { answer, fault, forward, type Interceptor } from '../call.ts';

const OFF = leaf('requestedState', 'poweredOn') + leaf('existingState', 'poweredOff');
let shots = 0;

/** CreateScreenshot_Task: a PNG in the VM's folder; its words are in the image's text chunk `Description`. */
export const createScreenshot: Interceptor = async (call, lab) => {
  if (!lab.sessions.isLive(call.incoming.headers)) return forward(call, lab);
  const { guest } = lab.machines.of(call.self);
  if (guest === undefined) return fault('InvalidPowerState', 'The VM is powered off.', OFF);
  const found = await lab.vcsim.properties(call.self, 'name', 'config.files.vmPathName');
  const folder = (found['config.files.vmPathName']?.text ?? '').replace(/\/[^/]*$/, '');
  shots += 1;
  const file = `${folder}/${found.name?.text ?? 'vm'}-${shots}.png`;
  const task = await lab.vcsim.createTask(call.self);
  const path = await lab.datastores.resolve(file);
  if (path === undefined) {
    await lab.vcsim.endTask(task, {
      fault: node('fault', node('fault', leaf('file', file), 'FileFault') + leaf('localizedMessage', file)),
    });
  } else {
    await writeFile(path, drawScreen(guest.screen));
    await lab.vcsim.endTask(task, { result: `<result xsi:type="xsd:string">${file}</result>` });
  }
  return answer(call.method, reference('returnval', task));
};

/** PutUsbScanCodes: any key answers "Press any key"; returns how many events were taken. */
export const putUsbScanCodes: Interceptor = async (call, lab) => {
  if (!lab.sessions.isLive(call.incoming.headers)) return forward(call, lab);
  const { guest } = lab.machines.of(call.self);
  if (guest === undefined) return fault('InvalidPowerState', 'The VM is powered off.', OFF);
  const events = all(at(call.body, 'spec'), 'keyEvents').length;
  if (events > 0) guest.pressKey();
  return answer(call.method, leaf('returnval', events));
};

/** A small PNG (black, 160 x 100) with the words as a text chunk. */
function drawScreen(words: string): Buffer {
  const width = 160;
  const height = 100;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0], 8); // 8 bits of grey
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('tEXt', Buffer.from(`Description\0${words}`, 'latin1')),
    chunk('IDAT', deflateSync(Buffer.alloc((width + 1) * height))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}
