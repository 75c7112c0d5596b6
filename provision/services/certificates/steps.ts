import path from 'node:path'
import { hiddenBeside, makeFolder, putAside, removal, replaceText } from '../../steps/files.ts'
import type { Step } from '../../steps/step.ts'
import { toProvisionError } from '../../system/provision-error.ts'
import {
  type CertificateParts,
  Certificates,
  type CertificateSite,
  type CertificateWish,
  type HeldCertificate,
} from './certificates.ts'

/**
 * Gets the certificate of a site where it has none, or one that is near its end or of another kind than wished; `take` is
 * told which one the site has then. A certificate that cannot be had fails nothing: a warning says why, the one that the
 * site has goes on while it is valid, and without one the site answers by HTTP alone.
 */
export function getCertificateStep(
  parts: CertificateParts,
  site: CertificateSite,
  take: (held: HeldCertificate | undefined) => void,
): Step {
  const all = new Certificates(parts)
  return {
    kind: 'get-certificate',
    title: `Look after the certificate of ${site.uri}`,
    async run(work) {
      const held = await all.find(site)
      take(held)
      try {
        await makeFolder(work, parts.folders.acme)
        const staging = hiddenBeside(path.join(parts.folders.acme, 'request'), 'new')
        await work.willUndo(removal.of({ path: staging }))
        const text = await all.obtain(site, held, staging, work.signal)
        if (text === undefined) return
        await replaceText(work, await all.fileFor(site.uri, text), text)
        take(await all.find(site))
      } catch (error) {
        if (work.signal.aborted) throw error
        parts.log('warning', `${toProvisionError(error).message} ${describeRest(held)}`)
      }
    },
    async preview() {
      const held = await all.find(site)
      take(held)
      try {
        const fresh = await all.foresee(site, held)
        if (fresh === undefined) return []
        take(fresh)
      } catch (error) {
        parts.log('warning', `${toProvisionError(error).message} ${describeRest(held)}`)
        return []
      }
      const action = held === undefined ? 'create' : 'change'
      const target = site.names.join(', ')
      return [{ kind: 'certificate', action, target, detail: describeWish(site.wish) }]
    },
  }
}

function describeWish(wish: CertificateWish): string {
  switch (wish.type) {
    case 'own':
      return `from ${wish.certificateFile ?? 'a file that is not named'}`
    case 'self-signed':
      return 'signed by the site itself'
    case 'acme':
      return `asked of ${new URL(wish.directory).host}`
  }
}

const describeRest = (held: HeldCertificate | undefined): string =>
  held === undefined
    ? 'The site answers by HTTP alone.'
    : `The site keeps the certificate that it has, which holds until ${new Date(held.facts.expiresAt).toISOString().slice(0, 10)}.`

/** Removes the certificates of a site, but for the one that it has. */
export function dropCertificatesStep(
  parts: CertificateParts,
  uri: string,
  keep: () => HeldCertificate | undefined = () => undefined,
): Step {
  const find = async (): Promise<string[]> =>
    (await new Certificates(parts).filesOf(uri)).filter((file) => file !== keep()?.file)
  return {
    kind: 'drop-certificates',
    title: `Remove certificates of ${uri} that are not used`,
    async run(work) {
      for (const file of await find()) await putAside(work, file)
    },
    preview: async () =>
      (await find()).map((target) => ({ kind: 'certificate', action: 'remove', target })),
  }
}
