import { leaf, textAt } from '../../xml.ts';
import { failedTask, forward, type Interceptor } from '../call.ts';

/** DeleteDatastoreFile_Task and MoveDatastoreFile_Task of a file that a running VM has open. */
export const changeFile: Interceptor = async (call, lab) => {
  const file = textAt(call.body, call.method === 'DeleteDatastoreFile_Task' ? 'name' : 'sourceName') ?? '';
  if (lab.machines.holder(file) === undefined) return forward(call, lab);
  return failedTask(call, lab, 'FileLocked', `Unable to access file ${file} since it is locked`, leaf('file', file));
};

/** AcquireGenericServiceTicket: vcsim names its own address, which clients can't use; the ticket is good here. */
export const acquireTicket: Interceptor = async (call, lab) => {
  const response = await forward(call, lab);
  const ticket = /<id>([^<]+)<\/id>/.exec(response.body)?.[1];
  if (ticket !== undefined) lab.sessions.issued(ticket);
  return { ...response, body: response.body.replace(/<hostName>[^<]*</, `<hostName>${lab.host()}<`) };
};
