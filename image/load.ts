import type { Redactor } from '../common/redactor.ts';
import { locatedAt, parseSource, type SourceDocument } from './document.ts';
import { checkFiles } from './files.ts';
import { finishImage, type Image } from './image.ts';
import { findingsOf, valueAt } from './issues.ts';
import { parseData } from './parse.ts';
import { type Finding, formatPath, formatProblem, type Problem, problemAt } from './problem.ts';
import { checkRules } from './rules/index.ts';
import { imageSchema } from './schema/image.ts';
import { findSecrets } from './secrets.ts';
import { readSource } from './source.ts';
import { declaredNames, substitute, unusedVariables, type VariableValues } from './variables.ts';

export interface LoadOptions extends VariableValues {
  /** Learns every secret that is resolved through the image. */
  readonly redactor?: Redactor | undefined;
  /** Also look whether the files on this machine are there. */
  readonly checkFiles?: boolean;
  /** Environment of `env:` and `exec:` secrets. Default: the process's own. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export interface Loaded {
  /** There if no problem is an error. */
  readonly image?: Image;
  /** All of them, in the order of the file. */
  readonly problems: readonly Problem[];
}

/** Reads and checks an image file. What is wrong with it is returned, never thrown. */
export async function loadImage(file: string, options: LoadOptions = {}): Promise<Loaded> {
  const [loaded = { problems: [] }] = await loadImages([file], options);
  return loaded;
}

/**
 * Reads and checks several image files with the same variables; one of `vars` is unused if no file declares it. The
 * result of a file is at the file's index.
 */
export async function loadImages(files: readonly string[], options: LoadOptions = {}): Promise<Loaded[]> {
  const sources = await Promise.all(files.map(readSource));
  const documents = sources.map((source, index) =>
    'text' in source ? parseSource(files[index] ?? '', source.text) : source.problem,
  );
  const declared = new Set(documents.flatMap((document) => ('root' in document ? declaredNames(document.root) : [])));
  return Promise.all(
    documents.map(async (document) => {
      if (!('root' in document)) return { problems: [document] };
      const loaded = check(document, options, declared);
      if (loaded.image === undefined || !options.checkFiles) return loaded;
      const findings = await checkFiles(loaded.image);
      if (findings.length === 0) return loaded;
      const problems = inOrder([...loaded.problems, ...place(document, findings)]);
      return problems.some(({ severity }) => severity === 'error') ? { problems } : { image: loaded.image, problems };
    }),
  );
}

/** Checks the text of an image file; `file` names it in problems, and its folder is what paths are relative to. */
export function loadText(file: string, text: string, options: LoadOptions = {}): Loaded {
  const document = parseSource(file, text);
  return check(document, options, new Set(declaredNames(document.root)));
}

function check(document: SourceDocument, options: LoadOptions, declared: ReadonlySet<string>): Loaded {
  const { file, root } = document;
  if (document.broken) return { problems: inOrder(document.problems) };
  if (root.kind !== 'map') return { problems: [...document.problems, notAnImage(document)] };
  const data = substitute(root, options);
  const result = parseData(imageSchema, root, data);
  const issues = 'issues' in result ? result.issues : [];
  // What a wrong variable or alias leaves behind is no second mistake.
  const told = new Set([
    ...document.problems.map((problem) => problem.path),
    ...data.findings.map((finding) => formatPath(finding.path)),
  ]);
  const others = [
    ...issues.flatMap(([issue, path]) => findingsOf(imageSchema, data.value, issue, path)),
    ...checkRules(
      result.part,
      (path) => valueAt(data.value, path),
      (path) => locatedAt(root, path)?.source,
    ),
  ].filter((finding) => !told.has(formatPath(finding.path)));
  const findings = [...unusedVariables(root, options.vars ?? {}, declared), ...data.findings, ...others];
  const problems = inOrder([...document.problems, ...place(document, findings)]);
  if (result.image === undefined || problems.some((problem) => problem.severity === 'error')) return { problems };
  const image = finishImage(result.image, file);
  const { redactor, env = process.env } = options;
  for (const { secret } of findSecrets(image)) secret.bind({ directory: image.directory, env, redactor });
  return { image, problems };
}

function notAnImage(document: SourceDocument): Problem {
  const { kind, scalar } = document.root;
  const empty = kind === 'scalar' && scalar === null;
  return problemAt(document.file, document.place([]), {
    path: [],
    code: empty ? 'image.empty' : 'image.type',
    expected: 'an image file with apiVersion, name, vcenter, placement, media, windows, openssh',
    found: empty ? 'an empty file' : kind === 'list' ? 'a list' : 'a single value',
    remedy: 'begin with a sample from images/',
  });
}

function place(document: SourceDocument, findings: readonly Finding[]): Problem[] {
  return findings.map((finding) => problemAt(document.file, document.place(finding.path, finding.atKey), finding));
}

/** By place, each once: a value may hold the same mistake several times. */
function inOrder(problems: readonly Problem[]): Problem[] {
  const all = new Map(problems.map((problem) => [formatProblem(problem), problem]));
  return [...all.values()].toSorted((a, b) => a.line - b.line || a.column - b.column);
}
