/** Getting data in: choose a file, match its columns, check, import; and every import so far. */
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { ApiError } from "../api/client";
import { useCatalog } from "../api/queries";
import { themed } from "../theme/Themed";
import { ErrorState, SkeletonRows } from "../ui";
import { FileStep } from "./FileStep";
import { RunStep } from "./RunStep";
import { type ImportSearch, useUpload } from "./state";
import { Wizard } from "./Wizard";

export default themed(function ImportPage() {
  const catalog = useCatalog();
  const navigate = useNavigate();
  const name = useParams({ strict: false, select: (params) => (params as { object?: string }).object });
  const search = useSearch({ strict: false }) as ImportSearch & { object?: string };
  const objects = catalog.objects.filter((object) => object.can.import && object.can.create);
  const object = name ? catalog.object(name) : (catalog.object(search.object ?? "account") ?? objects[0]);
  const upload = useUpload(search.run || !name ? undefined : search.upload, object?.name ?? "");
  if (!object) return <ErrorState error={new ApiError(404, "")} />;
  if (!object.can.import) return <ErrorState error={new ApiError(403, "")} />;
  if (search.run) return <RunStep key={search.run} object={object} id={search.run} />;
  if (!search.upload || !name) return <FileStep object={object} objects={objects} />;
  if (upload.isError)
    return (
      <ErrorState
        error={upload.error}
        retry={() => void navigate({ to: "/import/$object", params: { object: object.name }, search: {} })}
      />
    );
  if (!upload.data) return <SkeletonRows />;
  return (
    <Wizard
      key={`${object.name} ${upload.data.id} ${upload.data.sheet} ${upload.data.header_row} ${upload.data.encoding} ${upload.data.delimiter}`}
      object={object}
      upload={upload.data}
      step={search.step ?? "map"}
    />
  );
});
