import { PlusIcon, XIcon } from "lucide-react";
import { useState } from "react";
import { useQuery } from "@tanstack/react-query";

import type { Model } from "@/api/client";
import { Button, IconButton } from "@/components/ui/button";
import { Dialog, DialogFooter } from "@/components/ui/dialog";
import { Field, Input, Select, TextArea } from "@/components/ui/field";
import { MOST_MODELS, MOST_TURNS, type Talk, modelTitle, modelsQuery, providerTitle, useStartDialogue } from "@/data/models";
import { useT } from "@/i18n";

const FEWEST = 2;

interface Participant {
  readonly key: number;
  readonly model: string;
}

/** Starts a conversation between models. */
export default function DialogueDialog({
  conversationId,
  branch,
  create,
  first,
  onStarted,
  onClose,
}: Pick<Talk, "conversationId" | "branch" | "create"> & {
  /** The default first participant. */
  first?: string | undefined;
  onStarted?: () => void;
  onClose: () => void;
}) {
  const t = useT();
  const { data } = useQuery(modelsQuery);
  const startDialogue = useStartDialogue();
  const [speakers, setSpeakers] = useState<readonly Participant[]>([
    { key: 0, model: first ?? "" },
    { key: 1, model: "" },
  ]);
  const [turns, setTurns] = useState(6);
  const [content, setContent] = useState("");
  const models = data?.items ?? [];
  const opener = speakers[0]?.model || data?.default || "";
  const partner = models.find(({ name }) => name !== opener)?.name ?? opener;
  const chosen = speakers.map(({ model }, i) => model || (i === 0 ? opener : partner));
  const fresh = create !== undefined;
  const ready = data !== undefined && turns >= 1 && turns <= MOST_TURNS && (!fresh || content.trim() !== "") && !startDialogue.isPending;

  const start = () =>
    startDialogue.mutate(
      { conversationId, models: chosen, turns, content: content.trim(), ...(branch ? { branch } : {}), ...(create ? { create } : {}) },
      {
        onSuccess: () => {
          onClose();
          onStarted?.();
        },
      },
    );
  return (
    <Dialog open onOpenChange={onClose} title={t("models.dialogue")} description={t("models.dialogue.hint")}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) start();
        }}
      >
        <fieldset className="flex min-w-0 flex-col gap-2">
          <legend className="pb-1.5 text-sm font-medium">{t("models.dialogue.participants")}</legend>
          {speakers.map(({ key }, i) => (
            <SpeakerField
              key={key}
              number={i + 1}
              model={chosen[i] ?? ""}
              models={models}
              onChange={(model) => setSpeakers(speakers.with(i, { key, model }))}
              onRemove={speakers.length > FEWEST ? () => setSpeakers(speakers.toSpliced(i, 1)) : undefined}
            />
          ))}
          {speakers.length < MOST_MODELS && (
            <Button
              size="small"
              className="self-start"
              onClick={() => setSpeakers([...speakers, { key: Math.max(...speakers.map(({ key }) => key)) + 1, model: "" }])}
            >
              <PlusIcon aria-hidden /> {t("models.dialogue.add")}
            </Button>
          )}
        </fieldset>
        <Field label={t("models.dialogue.turns")} hint={t("models.dialogue.turns.hint", { count: MOST_TURNS })}>
          {(ids) => (
            <Input
              {...ids}
              type="number"
              min={1}
              max={MOST_TURNS}
              required
              value={Number.isNaN(turns) ? "" : turns}
              className="w-28"
              onChange={(event) => setTurns(event.target.valueAsNumber)}
            />
          )}
        </Field>
        <Field label={t("models.dialogue.firstMessage")} hint={fresh ? undefined : t("models.dialogue.firstMessage.hint")}>
          {(ids) => <TextArea {...ids} required={fresh} value={content} onChange={(event) => setContent(event.target.value)} />}
        </Field>
        <DialogFooter>
          <Button onClick={onClose}>{t("app.cancel")}</Button>
          <Button type="submit" variant="primary" disabled={startDialogue.isPending}>
            {t("models.dialogue.start")}
          </Button>
        </DialogFooter>
      </form>
    </Dialog>
  );
}

function SpeakerField({
  number,
  model,
  models,
  onChange,
  onRemove,
}: {
  number: number;
  model: string;
  models: readonly Model[];
  onChange: (model: string) => void;
  onRemove: (() => void) | undefined;
}) {
  const t = useT();
  const unknown = model !== "" && !models.some(({ name }) => name === model);
  return (
    <div className="flex items-center gap-1">
      <Select
        value={model}
        autoFocus={number === 1}
        aria-label={t("models.dialogue.participant", { number })}
        className="min-w-0 flex-1"
        onChange={(event) => onChange(event.target.value)}
      >
        {unknown && <option value={model}>{model}</option>}
        {models.map(({ name, provider }) => (
          <option key={name} value={name}>
            {modelTitle(name, t)} · {providerTitle(provider, t)}
          </option>
        ))}
      </Select>
      {onRemove && (
        <IconButton label={t("models.dialogue.remove", { number })} onClick={onRemove}>
          <XIcon />
        </IconButton>
      )}
    </div>
  );
}
