# Removes what an image need not carry: superseded components, the update cache, temporary files. Then trims the disk.
[CmdletBinding()]
param()

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
. (Join-Path -Path $PSScriptRoot -ChildPath 'common.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-state.ps1')

# Empties a folder; files that a program holds open stay. Returns the folder when anything went.
function Clear-IngotFolder {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][string]$Path)
    $items = @(Get-ChildItem -LiteralPath $Path -Force -ErrorAction SilentlyContinue)
    foreach ($item in $items) { Remove-Item -LiteralPath $item.FullName -Recurse -Force -ErrorAction SilentlyContinue }
    $left = @(Get-ChildItem -LiteralPath $Path -Force -ErrorAction SilentlyContinue)
    if ($left.Count -lt $items.Count) { $Path }
}

Invoke-IngotScript -Body {
    $drive = [string]$env:SystemDrive
    $before = (Get-CimInstance -ClassName Win32_LogicalDisk -Filter "DeviceID = '$drive'").FreeSpace

    # After the restart of a round of updates, servicing may go on for a while; DISM fails beside it.
    $deadline = [DateTime]::UtcNow.AddMinutes(15)
    while ((Get-ServicingState) -eq 2 -and [DateTime]::UtcNow -lt $deadline) { Start-Sleep -Seconds 5 }
    # DISM answers 0x800f0806 while servicing waits for a restart.
    $pending = @(Get-PendingReboot)
    if ($pending.Count -gt 0) { Stop-Ingot -Code 'cleanup.pending-reboot' -Message ('Expected no pending restart before the component store is cleaned, found {0}.' -f ($pending -join ', ')) }
    Write-IngotProgress -Message 'Cleaning the component store' -Done 0 -Total 3
    # /ResetBase drops superseded versions. Payloads of features stay: a later Install-WindowsFeature needs them.
    $dism = Join-Path -Path $env:SystemRoot -ChildPath 'System32\dism.exe'
    $end = Invoke-Native -FilePath $dism -ArgumentList @('/Online', '/Cleanup-Image', '/StartComponentCleanup', '/ResetBase') -SuccessCode @(0, 3010)
    $end.lines | Select-Object -Last 2 | ForEach-Object -Process { Write-IngotLog -Message $_ }

    Write-IngotProgress -Message 'Removing caches and temporary files' -Done 1 -Total 3
    $removed = @()
    Stop-Service -Name 'wuauserv' -Force -ErrorAction SilentlyContinue
    Stop-Service -Name 'bits' -Force -ErrorAction SilentlyContinue
    $folders = @(
        (Join-Path -Path $env:SystemRoot -ChildPath 'SoftwareDistribution\Download'),
        (Join-Path -Path $env:SystemRoot -ChildPath 'Temp'),
        (Join-Path -Path $env:ProgramData -ChildPath 'Microsoft\Windows\WER\ReportQueue'),
        (Join-Path -Path $env:ProgramData -ChildPath 'Microsoft\Windows\WER\ReportArchive'),
        $env:TEMP
    )
    foreach ($folder in $folders) { $removed += @(Clear-IngotFolder -Path $folder) }

    Write-IngotProgress -Message 'Trimming the disk' -Done 2 -Total 3
    # Tells the datastore which blocks are free. No zeroes are written: a thin disk would grow to its full size.
    $defrag = Join-Path -Path $env:SystemRoot -ChildPath 'System32\defrag.exe'
    $trim = Invoke-Native -FilePath $defrag -ArgumentList @($drive, '/L', '/H') -AnyCode
    $trim.lines | ForEach-Object -Process { Write-IngotLog -Message $_ }
    if ($trim.exitCode -ne 0) { Write-IngotLog -Message ('The disk was not trimmed: defrag.exe ended with {0}' -f $trim.exitCode) }

    $after = (Get-CimInstance -ClassName Win32_LogicalDisk -Filter "DeviceID = '$drive'").FreeSpace
    @{ freedBytes = [int64][Math]::Max(0, [double]$after - [double]$before); removed = @($removed) }
}
