import { caseless } from '../caseless.ts';
import { SETTING_PASSES } from '../setting-passes.ts';
import type { Rule } from './rule.ts';
import { allSettings, componentSpots, isPass, textOf } from './spots.ts';

/** Items of lists: Windows System Image Manager gives each of them an action. */
const ITEMS = new Set([
  'AsynchronousCommand',
  'CreatePartition',
  'Disk',
  'DomainName',
  'FirewallGroup',
  'Interface',
  'IpAddress',
  'LocalAccount',
  'MetaData',
  'ModifyPartition',
  'PathAndCredentials',
  'Route',
  'RunAsynchronousCommand',
  'RunSynchronousCommand',
  'SynchronousCommand',
]);
/** Items that carry an Order. */
const ORDERED = new Set([
  'AsynchronousCommand',
  'CreatePartition',
  'ModifyPartition',
  'RunAsynchronousCommand',
  'RunSynchronousCommand',
  'SynchronousCommand',
]);
const MOST = 500;

const REFERENCE = 'Unattended Windows Setup Reference';

/** Rules on settings of any component. */
export const settingRules: readonly Rule[] = [
  {
    code: 'unattend.setting',
    severity: 'warning',
    title: 'A setting of a documented component is documented.',
    why: `Setup stops at a setting that a component does not have: “A component or setting specified in the answer file does not exist”. Settings directly below a component are compared with the ${REFERENCE} as of Windows Server 2019.`,
    remedy: 'Check the name: case matters.',
    example: {
      at: 'specialize/Microsoft-Windows-Shell-Setup',
      bad: '<Computername>winhost</Computername>',
      good: '<ComputerName>winhost</ComputerName>',
    },
    *check(file) {
      for (const { component, path } of componentSpots(file)) {
        const known = caseless(SETTING_PASSES, component.name);
        for (const { name, place, attributes } of component.settings) {
          const spot = { path: `${path}/${name}`, place };
          if (attributes?.xmlns !== undefined)
            yield {
              spot,
              message: `expected a setting of Windows’ namespace, found <${name}> of “${attributes.xmlns}”`,
            };
          else if (known !== undefined && !Object.hasOwn(known, name))
            yield { spot, message: `expected a documented setting, found “${name}”` };
        }
      }
    },
  },
  {
    code: 'unattend.setting-pass',
    severity: 'error',
    title: 'A setting stands in a pass in which it is valid.',
    why: `A component may be valid in several passes, each of its settings only in some: in another one Setup stops at it (${REFERENCE}, “Valid Configuration Passes” of each setting).`,
    remedy: 'Move the setting to the right pass.',
    example: {
      at: 'specialize/Microsoft-Windows-Shell-Setup',
      bad: '<OOBE>\n  <HideEULAPage>true</HideEULAPage>\n</OOBE>',
      good: '<TimeZone>UTC</TimeZone>',
    },
    *check(file) {
      for (const { component, path, pass } of componentSpots(file)) {
        const known = caseless(SETTING_PASSES, component.name);
        for (const { name, place } of known === undefined ? [] : component.settings) {
          const passes = known !== undefined && Object.hasOwn(known, name) ? known[name] : undefined;
          if (passes === undefined || !isPass(pass) || passes.includes(pass)) continue;
          const message = `expected ${name} in ${passes.join(' or ')}, found it in ${pass}`;
          yield { spot: { path: `${path}/${name}`, place }, message };
        }
      }
    },
  },
  {
    code: 'unattend.list-action',
    severity: 'warning',
    title: 'An item of a list has wcm:action="add".',
    why: `Every example of the ${REFERENCE} and every file of Windows System Image Manager has it, with wcm bound to http://schemas.microsoft.com/WMIConfig/2002/State; what Windows does with an item without it is documented nowhere.`,
    remedy: 'Add wcm:action="add".',
    example: {
      at: 'windowsPE/Microsoft-Windows-PnpCustomizationsWinPE',
      bad: '<DriverPaths>\n  <PathAndCredentials wcm:keyValue="1"><Path>E:\\pvscsi</Path></PathAndCredentials>\n</DriverPaths>',
      good: '<DriverPaths>\n  <PathAndCredentials wcm:action="add" wcm:keyValue="1"><Path>E:\\pvscsi</Path></PathAndCredentials>\n</DriverPaths>',
    },
    *check(file) {
      for (const spot of allSettings(file)) {
        if (ITEMS.has(spot.setting.name) && spot.setting.action === undefined)
          yield { spot, message: `expected wcm:action="add" on ${spot.setting.name}, found none` };
      }
    },
  },
  {
    code: 'unattend.order',
    severity: 'error',
    title: `The items of a list have different Orders from 1 to ${MOST}.`,
    why: `Order is required and says what comes first; of two equal ones Windows takes one (${REFERENCE}, Order).`,
    remedy: 'Number the items 1, 2, 3.',
    example: {
      at: 'specialize/Microsoft-Windows-Deployment',
      bad: `<RunSynchronous>
  <RunSynchronousCommand wcm:action="add"><Order>1</Order><Path>one.exe</Path></RunSynchronousCommand>
  <RunSynchronousCommand wcm:action="add"><Order>1</Order><Path>two.exe</Path></RunSynchronousCommand>
</RunSynchronous>`,
      good: `<RunSynchronous>
  <RunSynchronousCommand wcm:action="add"><Order>1</Order><Path>one.exe</Path></RunSynchronousCommand>
  <RunSynchronousCommand wcm:action="add"><Order>2</Order><Path>two.exe</Path></RunSynchronousCommand>
</RunSynchronous>`,
    },
    *check(file) {
      for (const list of orderedLists(file)) {
        const seen = new Set<number>();
        for (const { spot, order, text } of list) {
          const valid = Number.isInteger(order) && order >= 1 && order <= MOST;
          if (!valid)
            yield { spot, message: `expected an Order from 1 to ${MOST}, found ${text === '' ? 'none' : `“${text}”`}` };
          else if (seen.has(order))
            yield { spot, message: `expected another Order than the items before, found ${order} again` };
          seen.add(order);
        }
      }
    },
  },
  {
    code: 'unattend.order-gap',
    severity: 'warning',
    title: 'The Orders of a list are 1, 2, 3 without a gap.',
    why: `Windows asks for it where partitions are numbered by it (${REFERENCE}, Order of CreatePartition); elsewhere a gap is usually an item that got lost.`,
    remedy: 'Number the items 1, 2, 3.',
    example: {
      at: 'specialize/Microsoft-Windows-Deployment',
      bad: `<RunSynchronous>
  <RunSynchronousCommand wcm:action="add"><Order>1</Order><Path>one.exe</Path></RunSynchronousCommand>
  <RunSynchronousCommand wcm:action="add"><Order>3</Order><Path>two.exe</Path></RunSynchronousCommand>
</RunSynchronous>`,
      good: `<RunSynchronous>
  <RunSynchronousCommand wcm:action="add"><Order>2</Order><Path>two.exe</Path></RunSynchronousCommand>
  <RunSynchronousCommand wcm:action="add"><Order>1</Order><Path>one.exe</Path></RunSynchronousCommand>
</RunSynchronous>`,
    },
    *check(file) {
      for (const list of orderedLists(file)) {
        const sorted = list
          .filter(({ order }) => Number.isInteger(order) && order >= 1 && order <= MOST)
          .sort((a, b) => a.order - b.order);
        let next = 1;
        for (const { spot, order } of sorted) {
          if (order > next) yield { spot, message: `expected the Order ${next}, found ${order}` };
          next = order + 1;
        }
      }
    },
  },
];

interface Ordered {
  readonly spot: {
    readonly path: string;
    readonly place: { readonly line: number; readonly column: number } | undefined;
  };
  readonly order: number;
  readonly text: string;
}

/** Every list of items with an Order; each at the place of the Order, or of the item if it has none. */
function* orderedLists(file: Parameters<Rule['check']>[0]): Generator<Ordered[]> {
  for (const { setting, path } of allSettings(file)) {
    const items = (setting.children ?? []).filter(({ name }) => ORDERED.has(name));
    const list = items.map((item): Ordered => {
      const order = item.children?.find(({ name }) => name === 'Order');
      const at = `${path}/${item.name}`;
      const text = order === undefined ? '' : textOf({ setting: order, path: at, place: order.place });
      const spot = order === undefined ? { path: at, place: item.place } : { path: `${at}/Order`, place: order.place };
      return { spot, order: /^\d+$/.test(text) ? Number(text) : Number.NaN, text };
    });
    if (list.length > 0) yield list;
  }
}
